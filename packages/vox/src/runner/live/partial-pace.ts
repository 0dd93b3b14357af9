/**
 * How much of the processor goes into what nobody waits for: partials, and decodes ahead of a final. The rest is for
 * finals, for the server and for other programs. With few streams partials come as often as clients want them, with many
 * each stream gets its share.
 */

/** Share of the decoding slots. */
const SHARE = 0.5;
/** Ms of decoding that may be saved up, and owed. */
const SAVED_MS = 300;

export class PartialPace {
  readonly #slots: number;
  #saved = SAVED_MS;
  #at = 0;

  /** @param slots decodes at once that the machine has processors for */
  constructor(slots: number) {
    this.#slots = slots;
  }

  /** Whether one more may start. @param now wall clock in ms */
  affords(now: number): boolean {
    this.#saved = Math.min(SAVED_MS, this.#saved + (now - this.#at) * SHARE * this.#slots);
    this.#at = now;
    return this.#saved > 0;
  }

  /** @param ms of processor time that a decode took */
  spend(ms: number): void {
    this.#saved -= ms;
  }
}
