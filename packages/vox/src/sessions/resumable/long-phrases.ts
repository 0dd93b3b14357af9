/**
 * Speech that goes on for longer than a model hears at once is cut by the runner, for Whisper after half a minute. A phrase ends with
 * silence or after a minute, so the pieces become one again here; until it is known where it ends it is held back. Pure.
 */
import type { Segment } from '@vox-speech/contract';
import { MAX_PHRASE_MS, phrasesOf, SILENCE_MS } from '../phrases.js';
import type { Phrase } from './types.js';

export class LongPhrases {
  #held: Phrase | undefined;

  /** The phrase that is held back: what was said of it so far. */
  get held(): Phrase | undefined {
    return this.#held;
  }

  /**
   * Phrases that are over with a piece, which is what was said between two ends.
   * @param language ISO 639-1; undefined = not known
   * @param cut its length ended it: what comes next may be of the same phrase
   */
  hear(piece: Phrase, language: string | undefined, cut: boolean): readonly Phrase[] {
    const phrases =
      this.#held === undefined
        ? [piece]
        : phrasesOf([segmentOf(this.#held, language), segmentOf(piece, language)]);
    const last = phrases.at(-1);
    // One that is a minute long is over, however it was ended.
    const open = cut && last !== undefined && MAX_PHRASE_MS - lengthOf(last) >= SILENCE_MS;
    this.#held = open ? last : undefined;
    return open ? phrases.slice(0, -1) : phrases;
  }

  /** Nobody spoke on: what was held back is a phrase. */
  end(): readonly Phrase[] {
    const held = this.#held === undefined ? [] : [this.#held];
    this.#held = undefined;
    return held;
  }
}

function lengthOf({ startSeconds, endSeconds }: Phrase): number {
  return (endSeconds - startSeconds) * 1000;
}

function segmentOf({ text, startSeconds, endSeconds, words }: Phrase, language: string | undefined): Segment {
  return {
    text,
    startMs: startSeconds * 1000,
    endMs: endSeconds * 1000,
    ...(words === undefined ? {} : { words }),
    ...(language === undefined ? {} : { language }),
  };
}
