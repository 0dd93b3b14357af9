/**
 * Cuts a stream of CTC frames into phrases at silence, by the rules of T-one's own pipeline. Frames go in as they come, in any
 * portions: what comes out depends on the frames alone.
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

export interface SplitPhrase {
  /** First frame of speech, and one past the last, since the stream's first frame. */
  readonly start: number;
  readonly end: number;
  /** Natural-log probabilities, with the frames around it. */
  readonly frames: readonly Float32Array[];
}

export class Splitter {
  readonly #space: number;
  readonly #blank: number;
  /** Frames that may still be part of a phrase. */
  #kept: Float32Array[] = [];
  /** Number of the first of them. */
  #offset = 0;
  /** First frame of the open phrase, and one past its last speech. */
  #start: number | undefined;
  #end = 0;

  /** @param space @param blank their numbers among the labels */
  constructor(space: number, blank: number) {
    this.#space = space;
    this.#blank = blank;
  }

  /**
   * Phrases that these frames ended.
   * @param last no more frames will come: a phrase that is open ends
   */
  push(frames: readonly Float32Array[], last: boolean): SplitPhrase[] {
    const phrases: SplitPhrase[] = [];
    for (const frame of frames) {
      const at = this.#offset + this.#kept.length;
      this.#kept.push(frame);
      if (!this.#silent(frame)) {
        this.#start ??= at;
        this.#end = at + 1;
      }
      if (this.#start === undefined) this.#forget(at + 1 - MARGIN);
      else if (at + 1 - this.#end >= SILENT_FRAMES || at + 1 - this.#start >= LONGEST)
        phrases.push(this.#close(this.#start));
    }
    if (last && this.#start !== undefined) phrases.push(this.#close(this.#start));
    return phrases;
  }

  #close(start: number): SplitPhrase {
    const from = Math.max(0, start - MARGIN - this.#offset);
    const frames = this.#kept.slice(from, this.#end + MARGIN - this.#offset);
    const phrase = { start, end: this.#end, frames };
    this.#start = undefined;
    // Those around it are not decoded twice.
    this.#forget(Math.max(this.#end, this.#offset + this.#kept.length - MARGIN));
    return phrase;
  }

  #forget(before: number): void {
    const count = Math.max(0, before - this.#offset);
    this.#kept.splice(0, count);
    this.#offset += count;
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
