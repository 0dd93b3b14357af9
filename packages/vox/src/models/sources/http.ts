/** One HTTP request of a download: redirects by hand, so that a token stays with its host, and a cut when bytes stall. */
import { setTimeout as sleep } from 'node:timers/promises';
import { VoxError } from '@vox-speech/contract';
import { unreachable } from './context.js';

/** The most hosts that an answer may send us on to. */
const MAX_REDIRECTS = 8;
/** A server's Retry-After is obeyed up to so long (ms). */
const MAX_RETRY_AFTER_MS = 30_000;
/** Statuses that asking again won't change. */
const FINAL = new Set([400, 401, 402, 403, 404, 405, 406, 410, 451]);

export interface HttpRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent to this origin only. */
  readonly credential?: { readonly origin: string; readonly token: string };
  readonly signal: AbortSignal;
  /** ms without a byte after which the request is cut. */
  readonly stallMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The body's chunks; rejects on a cut. To be read, or `close` called. */
  readonly body: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** A failure that another attempt may mend. */
export class TransientFailure extends Error {
  constructor(
    message: string,
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/**
 * Sends a GET. Throws TransientFailure where another attempt may help, `source_failed` where not, `cancelled` when the
 * signal aborts. The answer's status is 200, 206 or 416.
 */
export async function get(request: HttpRequest): Promise<HttpAnswer> {
  const stall = new AbortController();
  const watch = setTimeout(() => stall.abort(), request.stallMs);
  const signal = AbortSignal.any([request.signal, stall.signal]);
  const fail = (error: unknown): Error => {
    if (request.signal.aborted) return new VoxError('cancelled', 'the pull was cancelled', { cause: error });
    if (error instanceof TransientFailure || VoxError.is(error)) return error;
    if (stall.signal.aborted) return new TransientFailure(`no byte for ${request.stallMs / 1000} s`);
    return new TransientFailure(reason(error));
  };
  try {
    const response = await follow(request, signal);
    return {
      status: response.status,
      headers: response.headers,
      body: read(response, watch, fail),
      async close() {
        clearTimeout(watch);
        await response.body?.cancel().catch(() => undefined);
      },
    };
  } catch (error) {
    clearTimeout(watch);
    throw fail(error);
  }
}

/** Pauses before attempt `failures + 1`: doubling, or as long as the server asks. Ends early when the signal aborts. */
export async function backOff(
  failures: number,
  baseMs: number,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  const asked = error instanceof TransientFailure ? error.retryAfterMs : undefined;
  const pause = Math.min(asked ?? baseMs * 2 ** (failures - 1), MAX_RETRY_AFTER_MS);
  await sleep(pause, undefined, { signal }).catch(() => undefined);
}

async function follow(request: HttpRequest, signal: AbortSignal): Promise<Response> {
  let url = new URL(request.url);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const { credential } = request;
    const headers: Record<string, string> = { 'accept-encoding': 'identity', ...request.headers };
    if (credential !== undefined && url.origin === credential.origin)
      headers.authorization = `Bearer ${credential.token}`;
    const response = await fetch(url, { headers, redirect: 'manual', signal });
    const { status } = response;
    if (status === 200 || status === 206 || status === 416) return response;
    await response.body?.cancel().catch(() => undefined);
    const location = response.headers.get('location');
    if (status >= 300 && status < 400 && location !== null) {
      const next = new URL(location, url);
      if (next.protocol !== 'https:' && next.protocol !== url.protocol)
        throw unreachable(`${url.host} redirects to ${next.protocol}, which is refused`);
      url = next;
      continue;
    }
    if (FINAL.has(status))
      throw unreachable(`${url.host} answered ${status} for ${url.pathname}${hint(status, credential)}`);
    const after = Number(response.headers.get('retry-after'));
    throw new TransientFailure(`${url.host} answered ${status}`, after > 0 ? after * 1000 : undefined);
  }
  throw unreachable(`${url.host} redirects in a circle`);
}

function hint(status: number, credential: HttpRequest['credential']): string {
  if (status !== 401 && status !== 403) return '';
  return credential === undefined
    ? '; set HF_TOKEN if the model is gated'
    : '; the HF_TOKEN given is not allowed to read it';
}

async function* read(
  response: Response,
  watch: NodeJS.Timeout,
  fail: (error: unknown) => Error,
): AsyncGenerator<Uint8Array> {
  try {
    if (response.body === null) return;
    for await (const chunk of response.body) {
      watch.refresh();
      yield chunk;
      watch.refresh();
    }
  } catch (error) {
    throw fail(error);
  } finally {
    clearTimeout(watch);
  }
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
