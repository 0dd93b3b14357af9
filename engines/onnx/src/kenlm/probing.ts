/**
 * KenLM's hash tables: words by their hash, and for each order n-grams by a hash of their words, the last one first. A table is an
 * array; an entry stands at its key's place, or in the first free one behind it. Layout: https://github.com/kpu/kenlm
 * (lm/search_hashed.hh, lm/vocab.cc, util/probing_hash_table.hh)
 */
import type { Found, Grams } from './grams.js';
import { alignTo8, type Header } from './header.js';
import { times } from './murmur.js';
import type { PagedFile } from './pages.js';

/** Bytes of entries: key and word, key and probability; probability and back-off. */
const WORD_ENTRY = 12;
const LONGEST_ENTRY = 12;
const KEY = 8;
const WEIGHTS = 8;
/** Version of the words' table, and how many there are. */
const VOCABULARY_HEAD = 8;
const FIRST = 8_978_948_897_894_561_157n;
const SECOND = 17_894_857_484_156_487_943n;

class Table {
  readonly end: number;
  readonly #file: PagedFile;
  readonly #start: number;
  readonly #entry: number;
  readonly #places: number;

  constructor(file: PagedFile, start: number, entry: number, count: number, multiplier: number) {
    this.#file = file;
    this.#start = start;
    this.#entry = entry;
    // In the precision of the program that wrote it.
    const roomy = Math.trunc(Math.fround(Math.fround(multiplier) * Math.fround(count)));
    this.#places = Math.max(count + 1, roomy);
    this.end = start + entry * this.#places;
  }

  /** Position of what belongs to a key; undefined where it is not there. Throws Error where the table has no end. */
  find(key: bigint): number | undefined {
    let place = Number(key % BigInt(this.#places));
    for (let looked = 0; looked <= this.#places; looked++) {
      const at = this.#start + place * this.#entry;
      const found = this.#file.uint64(at);
      if (found === key) return at + KEY;
      if (found === 0n) return undefined;
      place = place + 1 === this.#places ? 0 : place + 1;
    }
    throw new Error('a table of the language model is damaged');
  }
}

export class ProbingGrams implements Grams<bigint> {
  readonly end: number;
  readonly #file: PagedFile;
  readonly #words: Table;
  readonly #unigrams: number;
  /** Of order 2 and more. */
  readonly #tables: readonly Table[];

  constructor(file: PagedFile, { counts, multiplier, end }: Header) {
    this.#file = file;
    const [words = 0, ...longer] = counts;
    this.#words = new Table(file, end + alignTo8(VOCABULARY_HEAD), WORD_ENTRY, words, multiplier);
    this.#unigrams = this.#words.end;
    // One more than there are: the unknown word, where a model states none.
    let position = this.#unigrams + (words + 1) * WEIGHTS;
    this.#tables = longer.map((count, at) => {
      const entry = at + 1 === longer.length ? LONGEST_ENTRY : KEY + WEIGHTS;
      const table = new Table(file, position, entry, count, multiplier);
      position = table.end;
      return table;
    });
    this.end = position;
  }

  word(hash: bigint): number {
    const found = this.#words.find(hash);
    return found === undefined ? 0 : this.#file.uint32(found);
  }

  unigram(word: number): Found<bigint> {
    const at = this.#unigrams + word * WEIGHTS;
    return { log10: this.#probability(at), backoff: this.#file.float32(at + 4), node: BigInt(word) };
  }

  longer(order: number, node: bigint, word: number): Found<bigint> | undefined {
    const table = this.#tables[order - 2];
    const key = times(node, FIRST) ^ times(BigInt(word + 1), SECOND);
    const at = table?.find(key);
    if (at === undefined) return undefined;
    const longest = order - 1 === this.#tables.length;
    return { log10: this.#probability(at), backoff: longest ? 0 : this.#file.float32(at + 4), node: key };
  }

  /** The sign says something else: whether longer n-grams end so. */
  #probability(at: number): number {
    return -Math.abs(this.#file.float32(at));
  }
}
