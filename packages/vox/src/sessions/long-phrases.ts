/**
 * Speech that goes on for longer than a model hears at once is cut by the runner, for Whisper after half a minute. A phrase ends with
 * silence or after a minute, so the pieces become one again here; until it is known where it ends it is held back. Pure.
 */
import type { Segment } from '@vox-speech/contract';
import { addition } from '../text/addition.js';
import { MAX_PHRASE_MS, phrasesOf, SILENCE_MS } from './phrases.js';
import type { Phrase } from './resumable/types.js';

/** Speech that has begun so long ago is noticed, in ms: the slowest detector and model need a second. */
export const UNNOTICED_MS = 3_000;

export class LongPhrases {
  #held: Phrase | undefined;
  /** Utterances that have begun and have no final yet: the next may begin before the last one has it. */
  readonly #open = new Set<number>();

  /** The phrase that is held back: what was said of it so far. */
  get held(): Phrase | undefined {
    return this.#held;
  }

  /** Nothing is being said, nor held back. */
  get silent(): boolean {
    return this.#open.size === 0 && this.#held === undefined;
  }

  /** An utterance has begun. */
  begin(utterance: number): void {
    this.#open.add(utterance);
  }

  /**
   * Phrases that are over with a piece, which is what was said between two ends.
   * @param piece undefined = nothing was said
   * @param language ISO 639-1; undefined = not known
   * @param cut its length ended it: what comes next may be of the same phrase
   */
  hear(
    utterance: number,
    piece: Phrase | undefined,
    language: string | undefined,
    cut: boolean,
  ): readonly Phrase[] {
    this.#open.delete(utterance);
    if (piece === undefined) return cut ? [] : this.end();
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

  /** What is being said: of the phrase that is held back, and of the utterance that is open. */
  partial(text: string, language?: string): string {
    const before = this.#held?.text ?? '';
    return before + addition(before, text, language);
  }

  /** Has nobody spoken on behind the cut, once audio was heard up to `heardMs`, on the clock of the pieces? */
  isOver(heardMs: number): boolean {
    if (this.#held === undefined || this.#open.size > 0) return false;
    return heardMs - this.#held.endSeconds * 1000 >= SILENCE_MS + UNNOTICED_MS;
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
