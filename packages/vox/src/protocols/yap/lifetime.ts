/** How long a socket may live, and how long in silence (yap.md 2.3). */
import type { YapSettings } from './settings.js';

export type Expiry = 'idle' | 'duration';

export class Lifetime {
  readonly #begun = performance.now();
  readonly #timer: NodeJS.Timeout;
  #active = this.#begun;

  /**
   * @param isBusy an utterance is under way: then silence is no idleness
   * @param expired called once
   */
  constructor(
    { idleMs, maxDurationMs, tickMs }: Pick<YapSettings, 'idleMs' | 'maxDurationMs' | 'tickMs'>,
    isBusy: () => boolean,
    expired: (why: Expiry) => void,
  ) {
    this.#timer = setInterval(() => {
      const now = performance.now();
      const why =
        now - this.#begun >= maxDurationMs
          ? 'duration'
          : now - this.#active >= idleMs && !isBusy()
            ? 'idle'
            : undefined;
      if (why === undefined) return;
      this.stop();
      expired(why);
    }, tickMs);
  }

  /** Something came in, or an utterance was told of. */
  touch(): void {
    this.#active = performance.now();
  }

  /** Idempotent. */
  stop(): void {
    clearInterval(this.#timer);
  }
}
