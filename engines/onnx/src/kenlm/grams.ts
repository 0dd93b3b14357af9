/** What both layouts of a binary language model have in common: n-grams are found a word at a time, the last word first. */

/** An n-gram that the model has. */
export interface Found<Node> {
  readonly log10: number;
  /** Log10 that is added where it is the context of a word that it was never seen before. */
  readonly backoff: number;
  /** From which n-grams with one word more before them are found. */
  readonly node: Node;
}

export interface Grams<Node> {
  /** Position behind the last n-gram. */
  readonly end: number;
  /** Number of the word with a hash; 0 = unknown. */
  word(hash: bigint): number;
  unigram(word: number): Found<Node>;
  /** The n-gram of `order` words that is `word` and then what `node` was found for. */
  longer(order: number, node: Node, word: number): Found<Node> | undefined;
}
