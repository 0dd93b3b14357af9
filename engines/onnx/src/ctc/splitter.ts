/**
 * Cuts a stream of CTC frames into phrases at silence, by the rules of T-one's own pipeline. Frames go in one by one: what comes
 * out depends on them alone.
 * Rules and numbers: https://github.com/voicekit-team/T-one (tone/logprob_splitter.py, tone/pipeline.py)
 */

/** Ms of a frame. */
const FRAME_MS = 30;
/** A frame in which space and blank together are likelier than this is silent. */
const SILENCE = 0.9;
/** Silent frames that end a phrase. */
const SILENT_FRAMES = 20;
/** Frames on each side of a phrase that are decoded with it. */
const MARGIN = 3;
/** Frames at which a phrase is cut in any case. */
const LONGEST = 2000;
/** The same in ms. */
export const LONGEST_MS = LONGEST * FRAME_MS;

/** A stretch of speech: its first frame, and one past the last, since the stream's first frame. */
export interface SplitPhrase {
  readonly start: number;
  readonly end: number;
}

/** One that is over. */
export interface ClosedPhrase extends SplitPhrase {
  /** Number of the first of its frames. */
  readonly first: number;
  /** Natural-log probabilities, with the frames around it. */
  readonly frames: readonly Float32Array[];
  /** It was ended because it is so long, and not by silence. */
  readonly cut: boolean;
}

export class Splitter {
  readonly #space: number;
  readonly #blank: number;
  /** Frames that may still be part of a phrase; of an open one all, with those before it. */
  #kept: Float32Array[] = [];
  /** Frames so far. */
  #heard = 0;
  /** First frame of the open phrase, and one past its last speech. */
  #start: number | undefined;
  #end = 0;

  /** @param space @param blank their numbers among the labels */
  constructor(space: number, blank: number) {
    this.#space = space;
    this.#blank = blank;
  }

  /** The phrase that is being said, as far as it was heard. */
  get open(): SplitPhrase | undefined {
    return this.#start === undefined ? undefined : { start: this.#start, end: this.#end };
  }

  /** Whether the latest frame is decoded with the open phrase, as far as is known yet. */
  get inside(): boolean {
    return this.#start !== undefined && this.#heard <= this.#end + MARGIN;
  }

  /** Natural-log probabilities of the open phrase, with the frames before it that are decoded with it, to the latest frame. */
  get frames(): readonly Float32Array[] {
    return this.#kept;
  }

  /** Hears a frame. Returns true where the open phrase is over with it: `close` it before the next. */
  hear(frame: Float32Array): boolean {
    const at = this.#heard++;
    this.#kept.push(frame);
    if (!this.#silent(frame)) {
      this.#start ??= at;
      this.#end = at + 1;
    }
    if (this.#start !== undefined)
      return this.#heard - this.#end >= SILENT_FRAMES || this.#tooLong(this.#start);
    // Those before a phrase that may begin with the next frame.
    if (this.#kept.length > MARGIN) this.#kept.shift();
    return false;
  }

  /** Ends the open phrase, if there is one; those around it are not decoded twice. */
  close(): ClosedPhrase | undefined {
    const phrase = this.open;
    if (phrase === undefined) return undefined;
    const first = this.#heard - this.#kept.length;
    const frames = this.#kept.slice(0, phrase.end + MARGIN - first);
    const cut = this.#heard - phrase.end < SILENT_FRAMES && this.#tooLong(phrase.start);
    this.#kept = this.#kept.slice(Math.max(phrase.end - first, this.#kept.length - MARGIN));
    this.#start = undefined;
    return { ...phrase, first, frames, cut };
  }

  #tooLong(start: number): boolean {
    return this.#heard - start >= LONGEST;
  }

  #silent(frame: Float32Array): boolean {
    return Math.exp(frame[this.#space] ?? 0) + Math.exp(frame[this.#blank] ?? 0) > SILENCE;
  }
}

/**
 * When a frame of a stream was said, in ms since the stream's first sample.
 * @param leadMs silence that was put before it
 * @param lateMs by how much the model is late
 */
export function timeOf(frame: number, { leadMs, lateMs }: { leadMs: number; lateMs: number }): number {
  return Math.max(0, frame * FRAME_MS - leadMs - lateMs);
}
