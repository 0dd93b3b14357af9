/** Reading a request body, under a size limit, a stall limit and the request's signal. */
import { VoxError } from '@vox-speech/contract';
import type { FastifyRequest } from 'fastify';
import { race, requestSignal } from './signal.js';

/** A body may pause this long before it is given up, in ms. */
export const DEFAULT_STALL_MS = 30_000;

/** Clients that sent `Expect: 100-continue` and wait for the word. */
const waiting = new WeakMap<object, () => void>();

/** Remembers how to tell a client to go on; `bodyChunks` does it when the body is wanted. */
export function holdContinue(raw: object, goOn: () => void): void {
  waiting.set(raw, goOn);
}

export interface BodyOptions {
  readonly maxBytes: number;
  /** What the message calls the limit. */
  readonly what: string;
  readonly stallMs?: number;
}

/**
 * The bytes of the body as they come; nothing is read ahead of the consumer, so that a slow consumer holds
 * the socket. Leaving early does not close the connection: the client can still read the answer.
 * @throws VoxError `too_large` before the first byte where the client states its size, else while reading;
 * `timeout` when no byte comes for `stallMs`; `cancelled` when the client goes away
 */
export async function* bodyChunks(
  request: FastifyRequest,
  options: BodyOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const { maxBytes, what, stallMs = DEFAULT_STALL_MS } = options;
  const signal = requestSignal(request);
  const tooLarge = () => new VoxError('too_large', `${what} is larger than ${maxBytes} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  waiting.get(request.raw)?.();
  waiting.delete(request.raw);
  const stalled = {
    milliseconds: stallMs,
    error: () => new VoxError('timeout', `no byte of ${what} came for ${stallMs} ms`),
  };
  const iterator = request.raw.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  let bytes = 0;
  try {
    for (;;) {
      const next = await race(iterator.next(), signal, stalled);
      if (next.done === true) return;
      bytes += next.value.length;
      if (bytes > maxBytes) throw tooLarge();
      yield next.value;
    }
  } catch (error) {
    if (VoxError.is(error)) throw error;
    throw new VoxError('cancelled', 'the client went away while it sent the body', { cause: error });
  } finally {
    // Not awaited: a return() queues behind a next() that may never settle.
    void iterator.return?.()?.catch(() => {});
  }
}

/**
 * The body as JSON; undefined for none where it is `optional`. The Content-Type is not asked for, except that a form is
 * refused with a hint.
 * @throws VoxError `too_large`, `timeout`, `cancelled`, or `invalid_request` for what is not UTF-8 JSON
 */
export async function readJson(
  request: FastifyRequest,
  options: { maxBytes?: number; stallMs?: number; optional?: boolean } = {},
): Promise<unknown> {
  if (/^multipart\//i.test(request.headers['content-type'] ?? ''))
    throw new VoxError('invalid_request', 'send a JSON object with Content-Type: application/json');
  const chunks: Buffer[] = [];
  const limits = { maxBytes: options.maxBytes ?? 1024 * 1024, what: 'the JSON body' };
  for await (const chunk of bodyChunks(
    request,
    options.stallMs === undefined ? limits : { ...limits, stallMs: options.stallMs },
  ))
    chunks.push(chunk);
  if (chunks.length === 0 && options.optional === true) return undefined;
  if (chunks.length === 0) throw new VoxError('invalid_request', 'the body is empty; send a JSON object');
  const bytes = Buffer.concat(chunks);
  if (depth(bytes) > MAX_JSON_DEPTH)
    throw new VoxError('invalid_request', `the JSON body is nested deeper than ${MAX_JSON_DEPTH} levels`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new VoxError('invalid_request', 'the body is not valid JSON in UTF-8');
  }
}

/** Requests have two levels. A megabyte of brackets keeps `JSON.parse` busy for 0.3 s, measured, and nobody else is served. */
const MAX_JSON_DEPTH = 32;
const BYTE = {
  quote: 0x22,
  backslash: 0x5c,
  openArray: 0x5b,
  closeArray: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
};

/** The deepest nesting of brackets outside strings; stops looking past the limit. */
function depth(json: Buffer): number {
  let level = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < json.length && deepest <= MAX_JSON_DEPTH; at += 1) {
    const byte = json[at];
    if (inString) {
      if (byte === BYTE.backslash) at += 1;
      else if (byte === BYTE.quote) inString = false;
    } else if (byte === BYTE.quote) inString = true;
    else if (byte === BYTE.openArray || byte === BYTE.openObject) deepest = Math.max(deepest, ++level);
    else if (byte === BYTE.closeArray || byte === BYTE.closeObject) level -= 1;
  }
  return deepest;
}
