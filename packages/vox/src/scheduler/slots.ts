/** A bounded queue in front of a bounded number of places. */
import { VoxError } from '@vox-speech/contract';

interface Waiter {
  grant(): void;
}

/** First come, first served. Whoever finds the queue full is told at once, never kept waiting. */
export class Slots {
  readonly #places: number;
  readonly #queueLimit: number;
  readonly #waiting: Waiter[] = [];
  #taken = 0;

  /** `places` jobs at once, `queueLimit` more may wait. */
  constructor(places: number, queueLimit: number) {
    this.#places = places;
    this.#queueLimit = queueLimit;
  }

  get load(): { taken: number; waiting: number } {
    return { taken: this.#taken, waiting: this.#waiting.length };
  }

  /**
   * Waits for a place. Returns the function that gives it back (idempotent). Throws VoxError `overloaded` when
   * the queue is full, `cancelled` when the signal aborts first.
   */
  async take(signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) throw new VoxError('cancelled', 'cancelled');
    if (this.#taken < this.#places) {
      this.#taken++;
    } else if (this.#waiting.length >= this.#queueLimit) {
      throw new VoxError(
        'overloaded',
        `${this.#taken} requests run and ${this.#waiting.length} wait; try again shortly`,
        {
          retryAfter: RETRY_AFTER_SECONDS,
        },
      );
    } else {
      await new Promise<void>((resolve, reject) => {
        const leave = (): void => {
          const at = this.#waiting.indexOf(waiter);
          if (at >= 0) this.#waiting.splice(at, 1);
          reject(new VoxError('cancelled', 'cancelled while waiting for a place'));
        };
        const waiter: Waiter = {
          grant: () => {
            signal.removeEventListener('abort', leave);
            resolve();
          },
        };
        signal.addEventListener('abort', leave, { once: true });
        this.#waiting.push(waiter);
      });
    }
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      // The place passes straight to the next in line, so that nobody can jump the queue.
      const next = this.#waiting.shift();
      if (next) next.grant();
      else this.#taken--;
    };
  }
}

/** A short clip is through in about this time on a small machine. */
const RETRY_AFTER_SECONDS = 2;
