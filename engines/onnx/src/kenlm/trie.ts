/**
 * KenLM's trie: words sorted by hash, weights of single words, then each order packed, with or without numbers of bins in the place of
 * probabilities. Layout: https://github.com/kpu/kenlm (lm/search_trie.hh, lm/quantize.cc, lm/vocab.cc)
 */
import type { Found, Grams } from './grams.js';
import type { Header } from './header.js';
import { Packed, type Range } from './packed.js';
import type { PagedFile } from './pages.js';

const HASH_BYTES = 8;
/** Probability, back-off, and where the stretch in the next order begins. */
const UNIGRAM_BYTES = 16;
/** A probability without its sign, which is always there, and a back-off. */
const PROBABILITY_BITS = 31;
const BACKOFF_BITS = 32;
const SIGN = 0x80000000;
/** Version, and bits of both kinds of bins. */
const BINS_HEAD = 8;
const FLOAT = 4;

const scratch = new DataView(new ArrayBuffer(FLOAT));
function floatOf(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

/** Where the bins of probabilities and back-offs stand, and bits of their numbers. */
interface Bins {
  readonly start: number;
  readonly probability: number;
  readonly backoff: number;
  readonly end: number;
}

export class TrieGrams implements Grams<Range> {
  readonly end: number;
  readonly #file: PagedFile;
  readonly #hashes: number;
  readonly #hashCount: number;
  readonly #unigrams: number;
  readonly #bins: Bins | undefined;
  /** Of order 2 and more. */
  readonly #packed: readonly Packed[];

  constructor(file: PagedFile, { counts, quantized, compressed, end }: Header) {
    this.#file = file;
    const [words = 0, ...longer] = counts;
    this.#hashCount = file.count(end);
    if (this.#hashCount > words) throw new Error('states more words than it has');
    this.#hashes = end + HASH_BYTES;
    const bins = this.#hashes + HASH_BYTES * words;
    this.#bins = quantized ? readBins(file, bins, counts.length) : undefined;
    this.#unigrams = this.#bins?.end ?? bins;
    // One more for a word that is not known, one for where the last stretch ends.
    let position = this.#unigrams + (words + 2) * UNIGRAM_BYTES;
    const arrayBits = compressed && longer.length > 1 ? arrayBitsAt(file, position) : undefined;
    this.#packed = longer.map((entries, at) => {
      const next = longer[at + 1];
      const packed = new Packed(file, position, {
        entries,
        words,
        valueBits: this.#valueBits(next === undefined),
        ...(next === undefined ? {} : { next }),
        ...(next === undefined || arrayBits === undefined ? {} : { arrayBits }),
      });
      position = packed.end;
      return packed;
    });
    this.end = position;
  }

  word(hash: bigint): number {
    let [low, high] = [0, this.#hashCount];
    let [lowHash, highHash] = [0, 2 ** 64];
    for (let step = 0; low < high; step++) {
      // Hashes are spread evenly; every other step is a half, which needs no luck.
      const share = (Number(hash) - lowHash) / Math.max(1, highHash - lowHash);
      const guess = step % 2 === 0 ? low + Math.floor(share * (high - low)) : Math.floor((low + high) / 2);
      const at = Math.min(high - 1, Math.max(low, guess));
      const found = this.#file.uint64(this.#hashes + HASH_BYTES * at);
      if (found === hash) return at + 1;
      if (found < hash) [low, lowHash] = [at + 1, Number(found)];
      else [high, highHash] = [at, Number(found)];
    }
    return 0;
  }

  unigram(word: number): Found<Range> {
    const at = this.#unigrams + word * UNIGRAM_BYTES;
    return {
      log10: this.#file.float32(at),
      backoff: this.#file.float32(at + FLOAT),
      node: {
        begin: this.#file.count(at + 2 * FLOAT),
        end: this.#file.count(at + UNIGRAM_BYTES + 2 * FLOAT),
      },
    };
  }

  longer(order: number, node: Range, word: number): Found<Range> | undefined {
    const packed = this.#packed[order - 2];
    const entry = packed?.find(node, word);
    if (packed === undefined || entry === undefined) return undefined;
    const longest = order - 1 === this.#packed.length;
    return {
      ...(this.#bins === undefined
        ? weights(packed, entry, longest)
        : this.#binned(this.#bins, packed, entry, order, longest)),
      node: longest ? { begin: 0, end: 0 } : packed.range(entry),
    };
  }

  #valueBits(longest: boolean): number {
    const { probability, backoff } = this.#bins ?? { probability: PROBABILITY_BITS, backoff: BACKOFF_BITS };
    return longest ? probability : probability + backoff;
  }

  #binned(
    { start, probability, backoff }: Bins,
    packed: Packed,
    entry: number,
    order: number,
    longest: boolean,
  ): { log10: number; backoff: number } {
    const table = start + (order - 2) * FLOAT * (2 ** probability + 2 ** backoff);
    const bin = packed.value(entry, longest ? 0 : backoff, probability);
    const log10 = this.#file.float32(table + FLOAT * bin);
    if (longest) return { log10, backoff: 0 };
    const other = packed.value(entry, 0, backoff);
    return { log10, backoff: this.#file.float32(table + FLOAT * (2 ** probability + other)) };
  }
}

function weights(packed: Packed, entry: number, longest: boolean): { log10: number; backoff: number } {
  const log10 = floatOf((packed.value(entry, 0, PROBABILITY_BITS) | SIGN) >>> 0);
  if (longest) return { log10, backoff: 0 };
  return { log10, backoff: floatOf(packed.value(entry, PROBABILITY_BITS, BACKOFF_BITS)) };
}

function readBins(file: PagedFile, at: number, order: number): Bins {
  const version = file.byte(at);
  const [probability, backoff] = [file.byte(at + 1), file.byte(at + 2)];
  if (version !== 2 || probability < 1 || probability > 25 || backoff < 1 || backoff > 25)
    throw new Error(`has bins of version ${version} with ${probability} and ${backoff} bits`);
  const tables = (order - 2) * (2 ** probability + 2 ** backoff) + 2 ** probability;
  return { start: at + BINS_HEAD, probability, backoff, end: at + BINS_HEAD + FLOAT * tables };
}

function arrayBitsAt(file: PagedFile, at: number): number {
  const [version, bits] = [file.byte(at), file.byte(at + 1)];
  if (version !== 0) throw new Error(`has arrays of version ${version}`);
  return bits;
}
