/** A model of which words follow which, as the search asks it. */

/** Word that ends a sentence. */
export const END = '</s>';
/** Word that begins one, and the one that stands for all that a model does not know. */
export const START = '<s>';
export const UNKNOWN = '<unk>';

export interface Scored<Context> {
  /** Log10 probability of the word after its context. */
  readonly log10: number;
  /** False: the model has never seen the word. */
  readonly known: boolean;
  /** What the next word comes after. */
  readonly next: Context;
}

export interface LanguageModel<Context = unknown> {
  /** Words of its longest n-grams. */
  readonly order: number;
  /** The context at the beginning of a sentence. */
  readonly start: Context;
  /** Scores a word, `END` for the end of the sentence. Throws Error when a file behind it can't be read any more. */
  score(context: Context, word: string): Scored<Context>;
  /** Closes what it reads from. Idempotent. */
  close(): void;
}
