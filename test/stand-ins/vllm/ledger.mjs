/**
 * What the stand-in saw and said, with times, so that a test can count what leaked and a benchmark what a proxy added.
 * Times are ms since 1970 with fractions (`performance.timeOrigin + performance.now()`), comparable between processes.
 */

/** As many finished generations, and requests, are remembered. */
const REMEMBERED = 2_000;

export const now = () => performance.timeOrigin + performance.now();

/**
 * @typedef {object} Generation one utterance that vLLM would have in its batch
 * @property {number} id counts from 1
 * @property {number} connection counts from 1
 * @property {number} startedAt
 * @property {number | undefined} endedAt absent = alive
 * @property {'done' | 'closed' | 'dropped' | 'error' | undefined} endedBy `closed`: its client left; `dropped`: a switch
 * @property {number} audioSeconds heard so far
 * @property {number | undefined} finalAt when the final commit was reached
 * @property {{text: string, at: number}[]} tokens when each delta was written to its socket; empty ones too
 */

/**
 * @typedef {object} Request
 * @property {string} path
 * @property {number} startedAt
 * @property {number | undefined} endedAt
 * @property {boolean} aborted the client left before the answer was whole
 * @property {Record<string, unknown>} fields what was asked, without the file's bytes
 */

export function createLedger() {
  /** @type {Generation[]} */
  let generations = [];
  /** @type {Request[]} */
  let requests = [];
  const totals = { connections: 0, connectionsOpen: 0, generations: 0, requests: 0, aborted: 0 };
  const forget = (list) => {
    if (list.length <= 2 * REMEMBERED) return list;
    const running = list.filter(({ endedAt }) => endedAt === undefined);
    return [...running, ...list.filter(({ endedAt }) => endedAt !== undefined).slice(-REMEMBERED)];
  };
  const alive = (list) => list.filter(({ endedAt }) => endedAt === undefined).length;
  const counts = () => ({
    connections: totals.connectionsOpen,
    connectionsTotal: totals.connections,
    generationsAlive: alive(generations),
    generationsTotal: totals.generations,
    requestsAlive: alive(requests),
    requestsTotal: totals.requests,
    requestsAborted: totals.aborted,
  });
  return {
    /** A realtime connection: its number, and what to call when it is gone. */
    connection() {
      totals.connectionsOpen++;
      const id = ++totals.connections;
      return { id, closed: () => totals.connectionsOpen-- };
    },
    /** @returns {Generation} */
    generation(connection) {
      const generation = {
        id: ++totals.generations,
        connection,
        startedAt: now(),
        endedAt: undefined,
        endedBy: undefined,
        finalAt: undefined,
        audioSeconds: 0,
        tokens: [],
      };
      generations.push(generation);
      generations = forget(generations);
      return generation;
    },
    /** The first end counts. */
    end(generation, by) {
      if (generation.endedAt !== undefined) return;
      generation.endedAt = now();
      generation.endedBy = by;
    },
    /** @returns {Request} */
    request(path) {
      totals.requests++;
      const request = { path, startedAt: now(), endedAt: undefined, aborted: false, fields: {} };
      requests.push(request);
      requests = forget(requests);
      return request;
    },
    endRequest(request, aborted) {
      request.endedAt = now();
      request.aborted = aborted;
      if (aborted) totals.aborted++;
    },
    counts,
    /** A copy of everything, as `stats()` gives it. */
    stats: () => ({
      ...counts(),
      generations: generations.map((one) => ({ ...one, tokens: one.tokens.map((token) => ({ ...token })) })),
      requests: requests.map((one) => ({ ...one })),
    }),
  };
}
