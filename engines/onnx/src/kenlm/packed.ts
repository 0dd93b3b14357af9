/**
 * One order of n-grams in KenLM's trie: entries of so many bits without gaps, sorted by word within the stretch that belongs to one
 * node; each ends with where its own stretch in the next order begins. Layout: https://github.com/kpu/kenlm (lm/trie.cc,
 * lm/bhiksha.cc, util/bit_packing.hh)
 */
import { alignTo8 } from './header.js';
import type { PagedFile } from './pages.js';

/** What no value is cut by. */
const SPARE_BYTES = 8;
/** Fewer entries than this are looked at one after another. */
const FEW = 8;

/** A stretch of entries of the next order: from, and one past the last. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/** Bits that a number needs. */
export function bitsOf(value: number): number {
  return value === 0 ? 0 : Math.floor(Math.log2(value)) + 1;
}

/** Up to 57 bits at a position in bits behind `base`. */
export function readBits(file: PagedFile, base: number, bit: number, length: number): number {
  const word = file.uint64(base + Math.floor(bit / 8)) >> BigInt(bit % 8);
  return Number(BigInt.asUintN(length, word));
}

/** High bits of pointers, as the numbers of the first entries that have them; absent where pointers are whole. */
interface Offsets {
  readonly start: number;
  readonly count: number;
}

export interface PackedShape {
  readonly entries: number;
  /** Number of words, the unknown one included. */
  readonly words: number;
  /** Bits of probability and back-off. */
  readonly valueBits: number;
  /** Entries of the next order; absent in the longest. */
  readonly next?: number;
  /** Bits of a pointer that an array may hold; absent = pointers are whole. */
  readonly arrayBits?: number;
}

export class Packed {
  readonly end: number;
  readonly #file: PagedFile;
  readonly #base: number;
  readonly #wordBits: number;
  readonly #valueBits: number;
  readonly #pointerBits: number;
  readonly #totalBits: number;
  readonly #words: number;
  readonly #offsets: Offsets | undefined;

  constructor(file: PagedFile, start: number, { entries, words, valueBits, next, arrayBits }: PackedShape) {
    this.#file = file;
    this.#words = words;
    this.#wordBits = bitsOf(words);
    this.#valueBits = valueBits;
    const whole = next === undefined ? 0 : bitsOf(next);
    let base = start;
    let chopped = 0;
    if (next !== undefined && arrayBits !== undefined) {
      chopped = choppedBits(entries + 1, next, arrayBits);
      const count = shifted(next, whole - chopped) + 1;
      this.#offsets = { start: alignTo8(start) + 8, count };
      base = start + 8 * (1 + count) + 7;
    }
    this.#base = base;
    this.#pointerBits = whole - chopped;
    this.#totalBits = this.#wordBits + valueBits + this.#pointerBits;
    this.end = base + Math.floor(((1 + entries) * this.#totalBits + 7) / 8) + SPARE_BYTES;
  }

  /** Number of the entry of a word within a stretch; undefined where there is none. */
  find({ begin, end }: Range, word: number): number | undefined {
    let [low, high] = [begin, end];
    let [lowWord, highWord] = [0, this.#words];
    while (high - low > FEW) {
      // Words are numbered by their hash, so those of a stretch are spread evenly.
      const share = (word - lowWord) / Math.max(1, highWord - lowWord);
      const guess = low + Math.floor(share * (high - low));
      const at = Math.min(high - 1, Math.max(low, guess));
      const found = this.#wordAt(at);
      if (found === word) return at;
      if (found < word) [low, lowWord] = [at + 1, found];
      else [high, highWord] = [at, found];
      // Where they are not, halves are certain.
      if (high - low > FEW) {
        const middle = Math.floor((low + high) / 2);
        const there = this.#wordAt(middle);
        if (there === word) return middle;
        if (there < word) [low, lowWord] = [middle + 1, there];
        else [high, highWord] = [middle, there];
      }
    }
    for (let at = low; at < high; at++) if (this.#wordAt(at) === word) return at;
    return undefined;
  }

  /** Bits of an entry's value, from `skipped` on. */
  value(entry: number, skipped: number, length: number): number {
    return readBits(this.#file, this.#base, entry * this.#totalBits + this.#wordBits + skipped, length);
  }

  /** The stretch of an entry in the next order. */
  range(entry: number): Range {
    const at = entry * this.#totalBits + this.#wordBits + this.#valueBits;
    const begin = readBits(this.#file, this.#base, at, this.#pointerBits);
    const end = readBits(this.#file, this.#base, at + this.#totalBits, this.#pointerBits);
    if (this.#offsets === undefined) return { begin, end };
    const unit = 2 ** this.#pointerBits;
    return { begin: begin + unit * this.#high(entry), end: end + unit * this.#high(entry + 1) };
  }

  #wordAt(entry: number): number {
    return readBits(this.#file, this.#base, entry * this.#totalBits, this.#wordBits);
  }

  /** The last of the offsets that is not above an entry's number. */
  #high(entry: number): number {
    const { start, count } = this.#offsets ?? { start: 0, count: 0 };
    let [low, high] = [0, count];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#file.count(start + 8 * middle) <= entry) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** How many high bits of a pointer the array holds: as many as make the whole smallest, by KenLM's own sum. */
function choppedBits(offsets: number, next: number, most: number): number {
  const whole = bitsOf(next);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let chop = 0; chop <= Math.min(whole, most); chop++) {
    const change = shifted(next, whole - chop) * 64 - offsets * chop;
    if (change < least) [best, least] = [chop, change];
  }
  return best;
}

function shifted(value: number, bits: number): number {
  return Math.floor(value / 2 ** bits);
}
