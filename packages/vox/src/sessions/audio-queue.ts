/** The audio of one live session that the runner has no room for yet: bounded, oldest first. */

export interface Dropped {
  /** Samples, counted from the first of the stream. */
  readonly from: number;
  readonly to: number;
  readonly frames: number;
}

export class AudioQueue {
  readonly #sampleBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** The odd last byte of what came in: half a sample. */
  #half: number | undefined;
  /** Samples that have left, or were dropped. */
  #position = 0;

  /** @param sampleBytes of one sample: 1 or 2 */
  constructor(sampleBytes = 2) {
    this.#sampleBytes = sampleBytes;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Frames that wait. */
  get frames(): number {
    return this.#chunks.length;
  }

  /** Takes any number of bytes; keeps whole samples, and the odd byte for the next call. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    let whole = bytes;
    if (this.#half !== undefined) {
      whole = new Uint8Array(bytes.length + 1);
      whole[0] = this.#half;
      whole.set(bytes, 1);
      this.#half = undefined;
    }
    if (whole.length % this.#sampleBytes === 1) {
      this.#half = whole[whole.length - 1];
      whole = whole.subarray(0, whole.length - 1);
    }
    if (whole.length === 0) return;
    this.#chunks.push(whole);
    this.#bytes += whole.length;
  }

  /** What follows begins with a whole sample: half of one that waits for its other byte is forgotten. */
  align(): void {
    this.#half = undefined;
  }

  /** The oldest frame; undefined when empty. */
  shift(): Uint8Array | undefined {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return undefined;
    this.#bytes -= chunk.length;
    this.#position += chunk.length / this.#sampleBytes;
    return chunk;
  }

  /** Drops the oldest frames until no more than this waits. Undefined when nothing had to go. */
  dropTo(bytes: number, frames: number): Dropped | undefined {
    const from = this.#position;
    let dropped = 0;
    while (this.#bytes > bytes || this.#chunks.length > frames) {
      this.shift();
      dropped++;
    }
    return dropped === 0 ? undefined : { from, to: this.#position, frames: dropped };
  }
}
