/**
 * Where phrases end, told by when letters were said: the rules by which T-one's own pipeline cuts the frames of its model, where the
 * library tells letters and not frames. A frame counts as speech where a letter was said in it or in the one before, so that what is
 * found is within a frame of what the frames themselves would say.
 * Rules and numbers: https://github.com/voicekit-team/T-one (tone/logprob_splitter.py)
 */

/** Ms of a frame. */
const FRAME_MS = 30;
/** Frames that a letter takes. */
const LETTER_FRAMES = 2;
/** Ms that the last letter of a word takes. */
export const LETTER_MS = LETTER_FRAMES * FRAME_MS;
/** Frames without a letter that end a phrase: 0.6 s. */
const SILENT_FRAMES = 20;
/** Frames at which a phrase is cut in any case: 60 s. */
const LONGEST = 2000;
/** The same in ms. */
export const LONGEST_MS = LONGEST * FRAME_MS;

export interface Letters {
  readonly tokens: readonly string[];
  /** Seconds since the first of the frames that are counted. */
  readonly timestamps: readonly number[];
}

export interface FoundPhrase {
  /** Its tokens: the first, and one past the last. */
  readonly from: number;
  readonly to: number;
  /** Its length ended it, and not silence. */
  readonly cut: boolean;
}

export interface FoundPhrases {
  /** Phrases that are over. */
  readonly over: readonly FoundPhrase[];
  /** The first token that is in none of them. */
  readonly next: number;
  /** Nothing was said for so long that no phrase is open. */
  readonly silent: boolean;
}

/**
 * @param from the first token that no phrase has yet
 * @param frames how many were heard
 */
export function findPhrases({ tokens, timestamps }: Letters, from: number, frames: number): FoundPhrases {
  const over: FoundPhrase[] = [];
  let next = from;
  const frameOf = (at: number): number => Math.round(((timestamps[at] ?? 0) * 1000) / FRAME_MS);
  let start: number | undefined;
  let end = from === 0 ? 0 : frameOf(from - 1) + LETTER_FRAMES;
  for (let at = from; at < tokens.length; at++) {
    if (tokens[at]?.trim() === '') continue;
    const frame = frameOf(at);
    if (start !== undefined && (frame - end >= SILENT_FRAMES || frame - start >= LONGEST)) {
      over.push({ from: next, to: at, cut: frame - end < SILENT_FRAMES });
      next = at;
      start = undefined;
    }
    start ??= frame;
    end = frame + LETTER_FRAMES;
  }
  const silent = frames - end >= SILENT_FRAMES;
  if (start !== undefined && (silent || frames - start >= LONGEST)) {
    over.push({ from: next, to: tokens.length, cut: !silent });
    next = tokens.length;
    start = undefined;
  }
  return { over, next, silent: silent && start === undefined };
}
