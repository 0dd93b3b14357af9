/** What live audio costs: processor time a second of audio, from what was measured lately. */

/** Weight of the latest measurement. */
const WEIGHT = 0.1;

export class Cost {
  #perMs: number;

  /** @param perMs ms of processor time for a ms of audio, until more is known */
  constructor(perMs: number) {
    this.#perMs = perMs;
  }

  /** @param spentMs ms of one processor, for `audioMs` of audio */
  add(spentMs: number, audioMs: number): void {
    if (audioMs <= 0) return;
    this.#perMs += (spentMs / audioMs - this.#perMs) * WEIGHT;
  }

  /** Ms of one processor for a ms of audio. */
  get perMs(): number {
    return this.#perMs;
  }
}
