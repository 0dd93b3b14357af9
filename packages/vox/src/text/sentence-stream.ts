/** A text that is still being written, sentence by sentence as soon as each is whole. */
import { endsWhole, firstEnd, isSpeakable, MAX_SENTENCE, splitSentences } from './sentences.js';

/** A sentence, or a part of a long one. */
export interface Piece {
  readonly text: string;
  readonly endsParagraph: boolean;
  /** Of what was written that it stands for, white space and all. */
  readonly characters: number;
}

const PARAGRAPH = /\n[^\S\n]*\n\s*$/u;

export class SentenceStream {
  readonly #maxCharacters: number;
  #rest = '';
  /** Characters written since the last piece that make no sound. */
  #silent = 0;

  /** @param maxCharacters of one piece */
  constructor(maxCharacters = MAX_SENTENCE) {
    this.#maxCharacters = maxCharacters;
  }

  /** Characters that wait for the end of their sentence. */
  get waiting(): number {
    return this.#rest.length;
  }

  /** Does what waits look like a whole sentence? Whether it is one, only the next word could tell. */
  get looksWhole(): boolean {
    return endsWhole(this.#rest);
  }

  /** The sentences that are whole now. */
  push(text: string): Piece[] {
    this.#rest += text;
    const pieces: Piece[] = [];
    for (let end = firstEnd(this.#rest); end !== undefined; end = firstEnd(this.#rest)) {
      pieces.push(...this.#cut(this.#rest.slice(0, end)));
      this.#rest = this.#rest.slice(end);
    }
    return pieces;
  }

  /** What waits, as it is. */
  flush(): Piece[] {
    const pieces = this.#cut(this.#rest);
    this.#rest = '';
    return pieces;
  }

  #cut(written: string): Piece[] {
    const parts = splitSentences(written, this.#maxCharacters).filter(({ text }) => isSpeakable(text));
    let left = written.length + this.#silent;
    this.#silent = 0;
    if (parts.length === 0) {
      this.#silent = left;
      return [];
    }
    return parts.map((part, index) => {
      const last = index === parts.length - 1;
      const characters = last ? left : Math.min(left, part.text.length);
      left -= characters;
      return {
        text: part.text,
        characters,
        endsParagraph: last ? PARAGRAPH.test(written) : part.endsParagraph,
      };
    });
  }
}
