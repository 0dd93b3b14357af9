/** The level of the room: the quietest that a stream has been lately. */

/** Frames of 20 ms in a block of half a second, and blocks that are remembered: 8 s, longer than anyone speaks without a dip. */
const BLOCK_FRAMES = 25;
const BLOCKS = 16;
/** Frames over which the level is averaged: one quiet frame within a word is not the room. */
const SMOOTHING = 4;

export class NoiseFloor {
  readonly #blocks: number[] = [];
  #lowest = Number.POSITIVE_INFINITY;
  #frames = 0;
  #smooth = 0;

  /** One frame of 20 ms. @param level its root mean square, 0..32767 */
  hear(level: number): void {
    this.#smooth += (level - this.#smooth) / Math.min(SMOOTHING, this.#frames + 1);
    this.#frames++;
    // The mean must have settled.
    if (this.#frames >= SMOOTHING) this.#lowest = Math.min(this.#lowest, this.#smooth);
    if (this.#frames % BLOCK_FRAMES !== 0) return;
    this.#blocks.push(this.#lowest);
    if (this.#blocks.length > BLOCKS) this.#blocks.shift();
    this.#lowest = Number.POSITIVE_INFINITY;
  }

  /** 0..32767; 0 until enough was heard to tell the room from a speaker. */
  get level(): number {
    return this.#blocks.length < BLOCKS ? 0 : Math.min(...this.#blocks);
  }
}
