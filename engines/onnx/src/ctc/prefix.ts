/** The texts that a beam search follows, as a tree of letters: texts that begin alike share what they have in common. */
import type { LanguageModel } from './language-model.js';

/** How much words count. */
export interface Weights {
  /** Of a word's probability. */
  readonly alpha: number;
  /** Natural log that each word adds. */
  readonly beta: number;
}

/** Log10 that an unknown word costs besides its own probability: pyctcdecode's default. */
const UNKNOWN_OFFSET = -10;

/** What the words so far add, in natural logs, and what the next one comes after. */
interface Words {
  readonly score: number;
  readonly context: unknown;
}

export class Prefix {
  /** Label that it ends with; -1 at the root. */
  readonly label: number;
  /** Letters in all. */
  readonly length: number;
  /** Letters of the word that is not over. */
  readonly word: string;
  /** What the words add that are over. */
  readonly words: Words;
  readonly #parent: Prefix | undefined;
  readonly #letter: string;
  readonly #longer = new Map<number, Prefix>();
  #ended: Words | undefined;
  /** Natural-log probabilities of all ways to it that end in a blank, or in its letter, after the frame that is worked on. */
  nextBlank = Number.NEGATIVE_INFINITY;
  nextSpoken = Number.NEGATIVE_INFINITY;
  /** Something has reached it in that frame. */
  reached = false;
  /** It is followed. */
  alive = false;

  private constructor(parent: Prefix | undefined, label: number, letter: string, word: string, words: Words) {
    this.#parent = parent;
    this.length = parent === undefined ? 0 : parent.length + 1;
    this.label = label;
    this.#letter = letter;
    this.word = word;
    this.words = words;
  }

  /** The empty text. */
  static root(model: LanguageModel | undefined): Prefix {
    return new Prefix(undefined, -1, '', '', { score: 0, context: model?.start });
  }

  get text(): string {
    const letters: string[] = [];
    for (let at: Prefix | undefined = this; at !== undefined; at = at.#parent) letters.push(at.#letter);
    return letters.reverse().join('');
  }

  /** The longest text that both begin with. */
  sharedWith(other: Prefix): Prefix {
    let [one, two]: [Prefix, Prefix] = [this, other];
    while (one !== two) {
      if (one.length < two.length) [one, two] = [two, one];
      if (one.#parent === undefined) break;
      one = one.#parent;
    }
    return one;
  }

  /** The text with one letter more; a space ends a word. */
  with(label: number, letter: string, model: LanguageModel | undefined, weights: Weights): Prefix {
    const known = this.#longer.get(label);
    if (known !== undefined) return known;
    const [word, words] =
      letter === ' ' ? ['', this.ended(model, weights)] : [this.word + letter, this.words];
    const made = new Prefix(this, label, letter, word, words);
    this.#longer.set(label, made);
    return made;
  }

  /** What the words add when the open one is over. */
  ended(model: LanguageModel | undefined, { alpha, beta }: Weights): Words {
    if (model === undefined || this.word === '') return this.words;
    if (this.#ended === undefined) {
      const { log10, known, next } = model.score(this.words.context, this.word);
      const score = weigh(known ? log10 : log10 + UNKNOWN_OFFSET, alpha) + beta;
      this.#ended = { score: this.words.score + score, context: next };
    }
    return this.#ended;
  }

  /** Takes it out of the tree, unless it or a longer text is still followed. */
  prune(): void {
    let at: Prefix = this;
    while (!at.alive && at.#longer.size === 0 && at.#parent !== undefined) {
      at.#parent.#longer.delete(at.label);
      at = at.#parent;
    }
  }
}

/** Log10 of a word as it counts, in natural logs. */
export function weigh(log10: number, alpha: number): number {
  return alpha * log10 * Math.LN10;
}
