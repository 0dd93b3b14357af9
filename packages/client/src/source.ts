/** What gives audio or text bit by bit, and reading it until it ends or nobody wants more. */

/** A ReadableStream stands beside the iterables because not every browser lets one be looped over. */
export type Source<T> = AsyncIterable<T> | Iterable<T> | ReadableStream<T>;

/**
 * Hands every part of a source to `take`, one after the other, until the source ends or `over` aborts. Then the source
 * is told that nobody reads it any more: a microphone's ReadableStream is cancelled at once, an iterator's `return` is called.
 * Throws what the source or `take` throws.
 */
export async function pump<T>(
  source: Source<T>,
  take: (part: T) => void | Promise<void>,
  over: AbortSignal,
): Promise<void> {
  const { next, stop } = 'getReader' in source ? ofStream(source) : ofIterable(source);
  // It failed to stop what nobody reads: there is nobody left to tell.
  const end = (): void => void stop().catch(() => undefined);
  over.addEventListener('abort', end, { once: true });
  try {
    while (!over.aborted) {
      const part = await next();
      if (part.done === true || over.aborted) return;
      await take(part.value);
    }
  } catch (error) {
    end();
    throw error;
  } finally {
    over.removeEventListener('abort', end);
  }
}

interface Parts<T> {
  next(): Promise<{ readonly done: true } | { readonly done: false; readonly value: T }>;
  stop(): Promise<unknown>;
}

function ofStream<T>(stream: ReadableStream<T>): Parts<T> {
  const reader = stream.getReader();
  return {
    next: async () => {
      const part = await reader.read();
      return part.done ? { done: true } : { done: false, value: part.value };
    },
    stop: () => reader.cancel(),
  };
}

function ofIterable<T>(source: AsyncIterable<T> | Iterable<T>): Parts<T> {
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  return {
    next: async () => {
      const part = await iterator.next();
      return part.done === true ? { done: true } : { done: false, value: part.value };
    },
    stop: async () => iterator.return?.(),
  };
}
