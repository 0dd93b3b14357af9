/** First come, first served: a lock whose waiters can leave the queue. */
import { VoxError } from '@vox-speech/contract';

export class Turns {
  #taken = false;
  readonly #waiting: (() => void)[] = [];

  /**
   * Resolves with the function that ends the turn, once it is the caller's. Idempotent.
   * @throws VoxError `cancelled` when the signal aborts before that
   */
  take(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(new VoxError('cancelled', 'cancelled'));
        return;
      }
      const start = (): void => {
        signal.removeEventListener('abort', leave);
        this.#taken = true;
        let ended = false;
        resolve(() => {
          if (ended) return;
          ended = true;
          this.#taken = false;
          this.#waiting.shift()?.();
        });
      };
      const leave = (): void => {
        const at = this.#waiting.indexOf(start);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(new VoxError('cancelled', 'cancelled'));
      };
      if (!this.#taken) {
        start();
        return;
      }
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(start);
    });
  }
}
