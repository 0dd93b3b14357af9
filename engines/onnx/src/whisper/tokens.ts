/**
 * Whisper's text tokens: numbers to text and, for prompts, text to numbers. A token is a run of bytes, not of characters, so a
 * character may be spread over several. Special tokens (`<|endoftext|>`, languages, times) are no part of the list.
 */
import { BytePairs } from './byte-pairs.js';

const LINE = /^([A-Za-z0-9+/]*={0,2}) (\d{1,7})$/;
/** The highest number there may be: 20 times what the largest Whisper has. */
const MAX_NUMBER = 2 ** 20;

export class TokenList {
  /** The bytes of all tokens, one after the other; as many buffers would take ten times the memory. */
  readonly #bytes: Buffer;
  /** Where the bytes of each token begin, by its number; one more at the end. A number that is no token has none. */
  readonly #starts: Uint32Array;
  #pairs: BytePairs | undefined;

  private constructor(bytes: Buffer, starts: Uint32Array) {
    this.#bytes = bytes;
    this.#starts = starts;
  }

  /**
   * Reads the content of `tokens.txt`: a line for each token, its bytes in base64, a space, its number; by number.
   * @throws Error that names the line, where it is no such list
   */
  static parse(content: string): TokenList {
    const lines = content.split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    if (lines.length === 0) throw new Error('it holds no token');
    // Base64 is longer than what it stands for.
    const bytes = Buffer.allocUnsafe(content.length);
    const starts: number[] = [];
    let size = 0;
    lines.forEach((line, at) => {
      const [, base64, digits] = LINE.exec(line) ?? [];
      const number = Number(digits);
      if (base64 === undefined || base64.length % 4 !== 0 || number > MAX_NUMBER)
        throw new Error(`line ${at + 1} is not a token in base64, a space and its number`);
      if (number < starts.length) throw new Error(`line ${at + 1} has number ${number}, which does not rise`);
      while (starts.length <= number) starts.push(size);
      size += bytes.write(base64, size, 'base64');
    });
    starts.push(size);
    return new TokenList(Buffer.from(bytes.subarray(0, size)), Uint32Array.from(starts));
  }

  /** The bytes of a token; none for a number that is no text token. They are the list's own: not to be changed. */
  bytesOf(number: number): Uint8Array {
    return this.#slice(number);
  }

  /**
   * What the tokens spell together, in UTF-8; numbers that are no text tokens spell nothing.
   * Bytes that are no whole character become U+FFFD.
   */
  textOf(numbers: readonly number[]): string {
    return Buffer.concat(numbers.map((number) => this.#slice(number))).toString('utf8');
  }

  /** What each token spells by itself, as `wordsOf` takes them: a part of a character is U+FFFD. */
  textsOf(numbers: readonly number[]): string[] {
    return numbers.map((number) => this.#slice(number).toString('utf8'));
  }

  /**
   * A text as tokens, as Whisper was trained on it. What looks like a special token (`<|en|>`) is text like any other.
   * @throws Error where the list lacks a byte of the text
   */
  encode(text: string): number[] {
    this.#pairs ??= new BytePairs(this.#byBytes());
    return this.#pairs.encode(text);
  }

  #slice(number: number): Buffer {
    return this.#bytes.subarray(this.#starts[number] ?? 0, this.#starts[number + 1] ?? 0);
  }

  #byBytes(): ReadonlyMap<string, number> {
    const numbers = new Map<string, number>();
    for (let number = 0; number < this.#starts.length - 1; number++) {
      const bytes = this.#slice(number).toString('latin1');
      if (bytes !== '' && !numbers.has(bytes)) numbers.set(bytes, number);
    }
    return numbers;
  }
}
