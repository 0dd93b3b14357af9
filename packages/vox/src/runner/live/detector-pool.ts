/**
 * The neural detectors of a runner, borrowed while someone may be speaking. Making one blocks the thread for 76 ms and
 * takes 11 MB: they are made ahead, one at a time, and never one a stream.
 */
import type { SpeechDetector } from '@vox-speech/contract';
import type { Clock } from './stream.js';

/** Detectors at most: 176 MB. With more speakers at once the others are heard by level. */
const LIMIT = 16;
/** Ms between two that are made, so that no other stream waits for long. */
const PAUSE_MS = 250;

export class DetectorPool {
  readonly #open: () => Promise<SpeechDetector>;
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #free: SpeechDetector[] = [];
  #made = 0;
  #making = false;
  #cancel: (() => void) | undefined;
  /** Grows with each `clear`: what was made or lent before is not kept any more. */
  #age = 0;

  constructor(open: () => Promise<SpeechDetector>, clock: Clock, limit = LIMIT) {
    this.#open = open;
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Makes the first one, unless there is one. Throws what opening it throws. */
  async prepare(): Promise<void> {
    if (this.#made > 0) return;
    this.#made++;
    const age = this.#age;
    try {
      this.#keep(await this.#open(), age);
    } catch (error) {
      if (age === this.#age) this.#made--;
      throw error;
    }
  }

  /** A new detector, or undefined where none is free; then one more is made for the next who asks. */
  borrow(): { readonly detector: SpeechDetector; giveBack(): void } | undefined {
    const detector = this.#free.pop();
    // One is always kept ready, so that the next speaker need not wait.
    if (this.#free.length === 0) this.#makeSoon();
    if (detector === undefined) return undefined;
    const age = this.#age;
    detector.reset();
    return { detector, giveBack: () => this.#keep(detector, age) };
  }

  /** No stream is left: all detectors are given back to the engine. */
  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#age++;
    this.#made = 0;
    this.#making = false;
    for (const detector of this.#free.splice(0)) detector.close();
  }

  #keep(detector: SpeechDetector, age: number): void {
    if (age === this.#age) this.#free.push(detector);
    else detector.close();
  }

  #makeSoon(): void {
    if (this.#making || this.#made >= this.#limit || this.#made === 0) return;
    this.#making = true;
    const age = this.#age;
    this.#cancel = this.#clock.after(PAUSE_MS, () => {
      this.#made++;
      this.#open().then(
        (detector) => {
          this.#keep(detector, age);
          if (age === this.#age) this.#making = false;
        },
        () => {
          // What there is must do; the next who finds none asks again.
          if (age !== this.#age) return;
          this.#made--;
          this.#making = false;
        },
      );
    });
  }
}
