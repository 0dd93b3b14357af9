/** Answers that leave as they are made. */
import { Readable } from 'node:stream';
import { race } from './signal.js';

/** Bytes that may wait for the socket before the source is asked to pause. */
const HIGH_WATER_MARK = 64 * 1024;

/**
 * The same items, ended at once when the signal aborts: a pending `next` rejects with the signal's reason and
 * the source's `return` is called, without waiting for either.
 */
export async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void> {
  const iterator = source[Symbol.asyncIterator]();
  let done = false;
  try {
    for (;;) {
      const next = await race(iterator.next(), signal);
      if (next.done === true) {
        done = true;
        return;
      }
      yield next.value;
    }
  } finally {
    if (!done) void iterator.return?.()?.then(undefined, () => {});
  }
}

/**
 * Waits for the first item, so that what can go wrong before it still gets a proper answer; then all items,
 * the first included.
 * @throws what the source throws before its first item, or the reason of the signal
 */
export async function started<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): Promise<AsyncGenerator<T, void>> {
  const items = abortable(source, signal);
  const first = await items.next();
  return (async function* () {
    try {
      if (first.done === true) return;
      yield first.value;
      yield* items;
    } finally {
      await items.return();
    }
  })();
}

/**
 * A stream for `reply.send`. The socket's back-pressure reaches the source, a disconnect ends it, and an error
 * of the source after the first byte destroys the connection, so that the client sees a cut, not an end.
 */
export function streamBody(source: AsyncIterable<Uint8Array>): Readable {
  return Readable.from(source, { objectMode: false, highWaterMark: HIGH_WATER_MARK });
}
