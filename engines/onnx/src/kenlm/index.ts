/**
 * A binary language model of KenLM, read where it is asked and never loaded: T-one's has 5.5 GB, of which a recording needs a few
 * thousand pages.
 */
import type { LanguageModel, Scored } from '../ctc/language-model.js';
import { START } from '../ctc/language-model.js';
import type { Found, Grams } from './grams.js';
import { readHeader } from './header.js';
import { murmur64 } from './murmur.js';
import { PagedFile } from './pages.js';
import { ProbingGrams } from './probing.js';
import { TrieGrams } from './trie.js';

/** Words whose numbers are kept. */
const KEPT_WORDS = 50_000;
/** The number of all unknown words. */
const UNKNOWN_WORD = 0;

/** The words before the next one, the latest first, as long as the model knows n-grams of them; and what each length costs. */
interface State {
  readonly words: readonly number[];
  readonly backoffs: readonly number[];
}

class BinaryModel<Node> implements LanguageModel<State> {
  readonly order: number;
  readonly start: State;
  readonly #file: PagedFile;
  readonly #grams: Grams<Node>;
  readonly #numbers = new Map<string, number>();

  constructor(file: PagedFile, grams: Grams<Node>, order: number) {
    if (file.size < grams.end) throw new Error(`has ${file.size} bytes where ${grams.end} are needed`);
    this.#file = file;
    this.#grams = grams;
    this.order = order;
    const word = this.#number(START);
    this.start = { words: [word], backoffs: [grams.unigram(word).backoff] };
  }

  score({ words, backoffs }: State, text: string): Scored<State> {
    const word = this.#number(text);
    let found: Found<Node> = this.#grams.unigram(word);
    const next = [found.backoff];
    let length = 1;
    for (const before of words) {
      const longer = this.#grams.longer(length + 1, found.node, before);
      if (longer === undefined) break;
      found = longer;
      length++;
      next.push(found.backoff);
    }
    let { log10 } = found;
    // Contexts that are longer than what was found was seen after.
    for (const backoff of backoffs.slice(length - 1)) log10 += backoff;
    const kept = Math.min(length, this.order - 1);
    return {
      log10,
      known: word !== UNKNOWN_WORD,
      next: { words: [word, ...words].slice(0, kept), backoffs: next.slice(0, kept) },
    };
  }

  close(): void {
    this.#file.close();
  }

  #number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.#numbers.size >= KEPT_WORDS) this.#numbers.clear();
    const number = this.#grams.word(murmur64(text));
    this.#numbers.set(text, number);
    return number;
  }
}

/**
 * Opens a binary model of any of KenLM's kinds. It must be closed.
 * @throws Error that says what is wrong with the file, and the system's own
 */
export function openKenlm(path: string): LanguageModel<State> {
  const file = new PagedFile(path);
  try {
    const header = readHeader(file);
    const order = header.counts.length;
    return header.kind === 'trie'
      ? new BinaryModel(file, new TrieGrams(file, header), order)
      : new BinaryModel(file, new ProbingGrams(file, header), order);
  } catch (error) {
    file.close();
    throw error;
  }
}
