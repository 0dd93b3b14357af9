/** Parts of one job between the message handler that pushes and the one consumer that iterates. */
import { VoxError } from '@vox-speech/contract';

/**
 * Bounded by the sender: speech by its credit, segments by the length of the audio. It ends exactly once, with a
 * summary or an error; the error reaches the iterator and the summary alike.
 */
export class PartQueue<T, S> implements AsyncIterable<T> {
  readonly summary: Promise<S>;
  /** Called when the consumer stopped before the end. */
  onAbandoned: () => void = () => {};
  readonly #parts: T[] = [];
  readonly #consumed: (part: T) => void;
  #error: VoxError | undefined;
  #ended = false;
  #wake: (() => void) | undefined;
  #settle: { resolve(summary: S): void; reject(error: VoxError): void };

  constructor(consumed: (part: T) => void = () => {}) {
    this.#consumed = consumed;
    let settle: { resolve(summary: S): void; reject(error: VoxError): void } | undefined;
    this.summary = new Promise<S>((resolve, reject) => {
      settle = { resolve, reject };
    });
    // Whoever reads only the parts learns of the error there.
    this.summary.catch(() => {});
    this.#settle = settle as NonNullable<typeof settle>;
  }

  push(part: T): void {
    if (this.#ended) return;
    this.#parts.push(part);
    this.#wake?.();
  }

  end(summary: S): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#settle.resolve(summary);
    this.#wake?.();
  }

  fail(error: VoxError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#settle.reject(error);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        const part = this.#parts.shift();
        if (part !== undefined) {
          this.#consumed(part);
          yield part;
        } else if (this.#error) {
          throw this.#error;
        } else if (this.#ended) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#wake = undefined;
        }
      }
    } finally {
      if (!this.#ended) {
        this.onAbandoned();
        this.fail(new VoxError('cancelled', 'cancelled'));
      }
    }
  }
}
