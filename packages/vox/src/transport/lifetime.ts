/** How long a socket may live, and how long in silence. */

export type Expiry = 'idle' | 'duration';

export interface LifetimeLimits {
  /** Without a message for so long it is over, in ms; Infinity = never. */
  readonly idleMs: number;
  /** Longest life, in ms; Infinity = no limit. */
  readonly maxDurationMs: number;
  /** How often both are looked at, in ms. */
  readonly tickMs: number;
}

export class Lifetime {
  readonly #begun = performance.now();
  readonly #timer: NodeJS.Timeout;
  #active = this.#begun;

  /**
   * @param isBusy an utterance is under way: then silence is no idleness
   * @param expired called once
   */
  constructor(
    { idleMs, maxDurationMs, tickMs }: LifetimeLimits,
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
