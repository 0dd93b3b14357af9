/**
 * How much of the processor goes into what nobody waits for: partials, and decodes ahead of a final. Finals come first: the
 * more of the time they need, the less is left. With few streams partials come as often as clients want them, with many
 * each stream gets its share.
 */

/** Share of the decoding slots that partials get at most, and at least: silence for minutes would be worse than a late word. */
const MOST = 0.5;
const LEAST = 0.05;
/** Share that finals and partials get together: the rest is for finals that come in bunches, and for the server. */
const TOGETHER = 0.65;
/** Ms over which the share of finals is reckoned. */
const WINDOW_MS = 4_000;
/** Ms of decoding that may be saved up. */
const SAVED_MS = 300;

export class PartialPace {
  readonly #slots: number;
  #saved = SAVED_MS;
  #at = 0;
  /** Ms of finals in the window, fading. */
  #finals = 0;

  /** @param slots decodes at once that the machine has processors for */
  constructor(slots: number) {
    this.#slots = slots;
  }

  /** Whether one more may start. @param now wall clock in ms */
  affords(now: number): boolean {
    const passed = now - this.#at;
    this.#at = now;
    this.#finals *= Math.exp(-passed / WINDOW_MS);
    const finals = this.#finals / (WINDOW_MS * this.#slots);
    const share = Math.max(LEAST, Math.min(MOST, TOGETHER - finals));
    this.#saved = Math.min(SAVED_MS, this.#saved + passed * share * this.#slots);
    return this.#saved > 0;
  }

  /** @param ms of processor time that a decode took which nobody waited for */
  spend(ms: number): void {
    this.#saved -= ms;
  }

  /** @param ms of processor time that a final took */
  final(ms: number): void {
    this.#finals += ms;
  }
}
