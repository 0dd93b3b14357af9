/** When UtteranceEnd is due: so much of the audio was heard without a word after the last one. */
export class UtteranceEnds {
  readonly #gapMs: number;
  #lastWordEndMs: number | undefined;
  #speaking = false;

  /** @param gapMs Infinity = never due */
  constructor(gapMs: number) {
    this.#gapMs = gapMs;
  }

  speechStarted(): void {
    this.#speaking = true;
  }

  /** @param lastWordEndMs undefined where nothing was said */
  final(lastWordEndMs: number | undefined): void {
    this.#speaking = false;
    this.#lastWordEndMs = lastWordEndMs ?? this.#lastWordEndMs;
  }

  /**
   * Audio was heard up to here.
   * @returns where the last word ended, once for each time that it is due
   */
  heard(ms: number): number | undefined {
    const last = this.#lastWordEndMs;
    if (this.#speaking || last === undefined || ms - last < this.#gapMs) return undefined;
    this.#lastWordEndMs = undefined;
    return last;
  }
}
