/** Samples of a stream by their absolute position; the oldest are dropped when nobody needs them any more. */

/** Room that is made at a time, in samples: 8 s at 16 kHz. */
const GROWTH = 131_072;
/** At least by half: a long utterance is not moved with each packet. */
const GROW_BY = 1.5;

export class SampleBuffer {
  readonly #growth: number;
  #samples: Float32Array;
  #length = 0;
  #start = 0;

  /** @param growth samples of room that are made at a time */
  constructor(growth = GROWTH) {
    this.#growth = growth;
    this.#samples = new Float32Array(growth);
  }

  /** Position of the oldest sample that is held. */
  get start(): number {
    return this.#start;
  }

  /** One past the newest sample. */
  get end(): number {
    return this.#start + this.#length;
  }

  push(samples: Float32Array): void {
    const needed = this.#length + samples.length;
    if (needed > this.#samples.length) {
      const room = Math.max(needed, GROW_BY * this.#samples.length);
      const larger = new Float32Array(Math.ceil(room / this.#growth) * this.#growth);
      larger.set(this.#samples.subarray(0, this.#length));
      this.#samples = larger;
    }
    this.#samples.set(samples, this.#length);
    this.#length = needed;
  }

  /** Forgets what lies before `position`. */
  dropBefore(position: number): void {
    const count = Math.min(Math.max(0, position - this.#start), this.#length);
    if (count === 0) return;
    this.#samples.copyWithin(0, count, this.#length);
    this.#length -= count;
    this.#start += count;
  }

  /** Holds nothing any more, and no more room than at first; the next sample that is pushed has this position. */
  restart(position: number): void {
    if (this.#samples.length > this.#growth) this.#samples = new Float32Array(this.#growth);
    this.#length = 0;
    this.#start = position;
  }

  /** A view of [from, to); valid until the next `push` or `dropBefore`. */
  view(from: number, to: number): Float32Array {
    return this.#samples.subarray(
      Math.max(0, from - this.#start),
      Math.max(0, Math.min(to, this.end) - this.#start),
    );
  }
}
