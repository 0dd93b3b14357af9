/** A text as the tokens of a list: cut into pieces, whose bytes are merged pair by pair. */

/**
 * Longest run of a kind in a piece, in characters. Merging takes the square of a piece's length, and no word is longer; a run that
 * is goes on as the next piece.
 */
const LONGEST_RUN = 200;
const RUN = `{1,${LONGEST_RUN}}`;
/**
 * How GPT-2, and Whisper after it, cuts a text before it looks for tokens: English contractions, letters, numbers, other marks, each
 * with the space before it; other white space, of which the last goes with what follows.
 * Source: https://github.com/openai/gpt-2/blob/master/src/encoder.py (`Encoder.pat`), the same in openai/whisper's tokenizer.py.
 */
const PIECES = new RegExp(
  [
    "'(?:s|t|re|ve|m|ll|d)",
    ` ?\\p{L}${RUN}`,
    ` ?\\p{N}${RUN}`,
    ` ?[^\\p{White_Space}\\p{L}\\p{N}]${RUN}`,
    `\\p{White_Space}${RUN}(?!\\P{White_Space})`,
    `\\p{White_Space}${RUN}`,
  ].join('|'),
  'gu',
);
/** The rank of a pair that is no token. */
const NEVER = Number.POSITIVE_INFINITY;

export class BytePairs {
  /** Numbers by bytes, each byte a character. In the vocabularies of GPT-2 and Whisper a number is a rank, the lowest first. */
  readonly #numbers: ReadonlyMap<string, number>;

  /** @param numbers of tokens by their bytes, each byte as the character of its code; a number is the token's rank */
  constructor(numbers: ReadonlyMap<string, number>) {
    this.#numbers = numbers;
  }

  /**
   * The tokens of a text; its time rises with the text's length.
   * @throws Error where a byte of the text is no token
   */
  encode(text: string): number[] {
    return (text.match(PIECES) ?? []).flatMap((piece) => this.#merge(Buffer.from(piece).toString('latin1')));
  }

  /** The pair that makes the token of lowest rank becomes one, the first of equals, until none makes a token. */
  #merge(bytes: string): number[] {
    const whole = this.#numbers.get(bytes);
    if (whole !== undefined) return [whole];
    const starts = Array.from({ length: bytes.length + 1 }, (_, at) => at);
    /** Of the part that begins at `starts[at]` together with the one behind it. */
    const rank = (at: number): number =>
      at + 2 < starts.length ? (this.#numbers.get(bytes.slice(starts[at], starts[at + 2])) ?? NEVER) : NEVER;
    const ranks = starts.map((_, at) => rank(at));
    for (;;) {
      let best = 0;
      for (let at = 1; at < ranks.length; at++) if ((ranks[at] ?? NEVER) < (ranks[best] ?? NEVER)) best = at;
      if ((ranks[best] ?? NEVER) === NEVER) break;
      starts.splice(best + 1, 1);
      ranks.splice(best + 1, 1);
      ranks[best] = rank(best);
      if (best > 0) ranks[best - 1] = rank(best - 1);
    }
    return starts.slice(0, -1).map((start, at) => this.#numberOf(bytes.slice(start, starts[at + 1])));
  }

  #numberOf(bytes: string): number {
    const number = this.#numbers.get(bytes);
    if (number !== undefined) return number;
    throw new Error(`the list of tokens has none for byte ${bytes.charCodeAt(0)}`);
  }
}
