/**
 * One HTTP request to an upstream. Node's own client, not `fetch`: that one has no time-out for connecting, and gives up
 * by itself on answers that begin after 300 s.
 */
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type Upstream, VoxError } from '@vox-speech/contract';
import { describeFailure, nameOf } from './failures.js';

/** An upstream takes a connection within so long, ms, or is not there. */
export const CONNECT_MS = 5_000;

export interface Call {
  readonly method: 'GET' | 'POST';
  /** E.g. `/v1/models`. */
  readonly path: string;
  readonly contentType?: string;
  readonly body?: Uint8Array;
  /** Closes the connection at once when it aborts: that is how vLLM learns that nobody waits any more. */
  readonly signal: AbortSignal;
  /** The upstream has stalled when it owes bytes and none came for so long, ms. */
  readonly stallMs: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** To be read once; time-outs count only while somebody waits for bytes. Leaving early closes the connection. */
  readonly bytes: AsyncGenerator<Uint8Array>;
}

/**
 * Resolves when the head of the answer is there. Each call has a connection of its own: cancelling closes it, and one
 * that an upstream closes while idle can't be met.
 * @throws VoxError `upstream_failed`, `upstream_stalled`, `cancelled`; the same from `bytes`
 */
export function call(
  upstream: Upstream,
  { method, path, signal, stallMs, ...content }: Call,
): Promise<Answer> {
  const { promise, resolve, reject } = settler<Answer>();
  if (signal.aborted) {
    reject(cancelled());
    return promise;
  }
  const url = new URL(upstream.url.replace(/\/+$/, '') + path);
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method,
    agent: false,
    headers: {
      accept: '*/*',
      ...(upstream.apiKey === undefined ? {} : { authorization: `Bearer ${upstream.apiKey}` }),
      ...(content.contentType === undefined ? {} : { 'content-type': content.contentType }),
      ...(content.body === undefined ? {} : { 'content-length': content.body.length }),
    },
  });
  /** Why we ended it ourselves. */
  let ended: VoxError | undefined;
  let response: IncomingMessage | undefined;
  const end = (error: VoxError): void => {
    ended ??= error;
    response?.destroy(error);
    request.destroy(error);
  };
  const patience = new Patience();
  const stalled = (): void =>
    end(
      new VoxError('upstream_stalled', `${nameOf(upstream)} said nothing for ${seconds(stallMs)} (${path})`),
    );
  const abort = (): void => end(cancelled());
  const failure = (error: unknown): VoxError => ended ?? describeFailure(upstream, error);

  signal.addEventListener('abort', abort, { once: true });
  request.on('close', () => {
    patience.stop();
    signal.removeEventListener('abort', abort);
  });
  request.on('error', (error) => reject(failure(error)));
  patience.start(CONNECT_MS, () =>
    end(
      new VoxError(
        'upstream_failed',
        `${nameOf(upstream)} did not take the connection within ${seconds(CONNECT_MS)}`,
      ),
    ),
  );
  request.on('socket', (socket) => {
    socket.setNoDelay(true);
    socket.once('connect', () => patience.start(stallMs, stalled));
  });
  request.on('response', (message) => {
    patience.stop();
    response = message;
    // Met again by whoever reads; without a reader it must not end the process.
    message.on('error', () => {});
    resolve({
      status: message.statusCode ?? 0,
      headers: message.headers,
      bytes: bytesOf(message, {
        waiting: () => patience.start(stallMs, stalled),
        served: () => patience.stop(),
        over: () => request.destroy(),
        failure,
      }),
    });
  });
  request.end(content.body);
  return promise;
}

interface Reading {
  waiting(): void;
  served(): void;
  over(): void;
  failure(error: unknown): VoxError;
}

async function* bytesOf(message: IncomingMessage, reading: Reading): AsyncGenerator<Uint8Array> {
  const pieces: AsyncIterator<Uint8Array> = message[Symbol.asyncIterator]();
  try {
    for (;;) {
      reading.waiting();
      const next = await pieces.next();
      reading.served();
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    throw reading.failure(error);
  } finally {
    reading.served();
    reading.over();
  }
}

/** Largest answer that is read whole, bytes: an hour of words with times, and more. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * The whole answer as text.
 * @throws VoxError `upstream_failed` where it is longer than 32 MiB, and what the call throws
 */
export async function textOf(upstream: Upstream, { bytes }: Answer): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bytes) {
    size += piece.length;
    if (size > MAX_ANSWER_BYTES)
      throw new VoxError(
        'upstream_failed',
        `${nameOf(upstream)} answered more than ${MAX_ANSWER_BYTES} bytes`,
      );
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

export function cancelled(): VoxError {
  return new VoxError('cancelled', 'cancelled');
}

/** Ms, for a person. */
function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

/** One timer that is moved about. */
class Patience {
  #timer: NodeJS.Timeout | undefined;

  start(ms: number, lost: () => void): void {
    this.stop();
    this.#timer = setTimeout(lost, ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

function settler<T>(): {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: VoxError): void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (error: VoxError) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
