/**
 * A round robin over HTTP as a proxy in front of several servers has it: the next server for each request, whole bodies, and
 * the one after it where nobody listens. What broke off on its way is a 502: whether it was heard, only the client may decide.
 */
import { Agent, createServer, request } from 'node:http';

/** What such proxies keep of a body, in bytes. */
const MAX_BODY = 64 << 20;
/** An idle connection of a client is kept so long. */
const KEEP_MS = 120_000;

/**
 * Starts it on a free port.
 * @param urls of the servers, `http://host:port`
 */
export async function startProxy(urls) {
  const agent = new Agent({ keepAlive: true });
  const passed = urls.map(() => 0);
  let turn = 0;
  const server = createServer(async (incoming, outgoing) => {
    const parts = [];
    let bytes = 0;
    for await (const part of incoming) {
      bytes += part.length;
      if (bytes > MAX_BODY) return outgoing.writeHead(413).end();
      parts.push(part);
    }
    const first = turn++;
    for (let tries = 0; tries < urls.length; tries++) {
      const at = (first + tries) % urls.length;
      try {
        const answer = await pass(agent, urls[at], incoming, Buffer.concat(parts));
        passed[at]++;
        outgoing.writeHead(answer.statusCode, answer.headers);
        return answer.pipe(outgoing);
      } catch (error) {
        if (error.code !== 'ECONNREFUSED') break;
      }
    }
    outgoing.writeHead(502, { 'content-type': 'application/json' }).end('{"detail":"Bad Gateway"}');
  });
  // Else one that a client was about to use again is closed under its hands.
  server.keepAliveTimeout = KEEP_MS;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Requests that each server answered. */
    passed,
    async stop() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pass(agent, url, { method, url: path, headers }, body) {
  return new Promise((resolve, reject) => {
    const { 'transfer-encoding': _, ...rest } = headers;
    const sent = request(url + path, {
      agent,
      method,
      headers: { ...rest, 'content-length': body.length },
    });
    sent.once('response', resolve);
    sent.once('error', reject);
    sent.end(body);
  });
}
