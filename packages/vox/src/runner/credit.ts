/** How much may be on its way unacknowledged. */
import { VoxError } from '@vox-speech/contract';

export class Credit {
  #left: number;
  readonly #limit: number;
  #wake: (() => void) | undefined;

  /** @param bytes that may be outstanding */
  constructor(bytes: number) {
    this.#limit = bytes;
    this.#left = bytes;
  }

  /** The other end has taken this many bytes. */
  add(bytes: number): void {
    this.#left = Math.min(this.#limit, this.#left + bytes);
    this.#wake?.();
  }

  /**
   * Resolves when `bytes` more may leave. A piece larger than all the credit may leave when nothing else is on its way.
   * One waiter at a time.
   * @throws VoxError `cancelled` when the signal aborts
   */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const wanted = Math.min(bytes, this.#limit);
    while (!signal.aborted && this.#left < wanted)
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake);
          this.#wake = undefined;
          resolve();
        };
        this.#wake = wake;
        signal.addEventListener('abort', wake, { once: true });
      });
    if (signal.aborted) throw new VoxError('cancelled', 'cancelled');
    this.#left -= bytes;
  }
}
