/**
 * bzip2, decoded: model archives are published as `.tar.bz2`, and Node has no decoder. One block (at most 900 kB of text)
 * at a time; every block's checksum is verified. Written from the format's description.
 */
import { BitReader } from './bit-reader.js';

/** Symbols are coded in groups of 50, each with one of up to six Huffman tables. */
const GROUP = 50;
/** The longest Huffman code, in bits. */
const LONGEST = 20;
/** Magic numbers of a block and of a stream's end, 48 bits each. */
const BLOCK = 0x314159265359;
const END = 0x177245385090;
/** A compressed block is never longer: 900 kB at 20 bits a symbol, and its tables. */
const MAX_BLOCK_BYTES = 2_400_000;

/** A checksum's table for the polynomial that bzip2 uses, most significant bit first. */
const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

interface Table {
  /** Largest code of each length, as a number of that many bits; -1 where there is none. */
  readonly limits: Int32Array;
  /** What to take from a code of each length to get its place in `symbols`. */
  readonly bases: Int32Array;
  readonly symbols: Uint16Array;
}

/** Decodes a bzip2 file, several streams one after the other included. Throws an Error where it is not a sound one. */
export async function* decodeBzip2(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const bits = new BitReader(input);
  await bits.fill(MAX_BLOCK_BYTES);
  do {
    if (bits.read(24) !== 0x425a68) throw new Error('not a bzip2 file');
    const level = bits.read(8) - 0x30;
    if (level < 1 || level > 9) throw new Error('not a bzip2 file');
    const capacity = level * 100_000;
    for (;;) {
      await bits.fill(MAX_BLOCK_BYTES);
      const magic = bits.read(24) * 0x1000000 + bits.read(24);
      const checksum = bits.read(32);
      if (magic === END) break;
      if (magic !== BLOCK) throw new Error('bzip2: a block is damaged');
      const text = readBlock(bits, capacity);
      if (checksumOf(text) !== checksum) throw new Error('bzip2: the checksum of a block is wrong');
      yield text;
    }
    bits.align();
    await bits.fill(MAX_BLOCK_BYTES);
  } while (!bits.ended);
}

function readBlock(bits: BitReader, capacity: number): Uint8Array {
  if (bits.bit() === 1) throw new Error('bzip2: a randomised block, which nothing has written for decades');
  const origin = bits.read(24);
  const last = readSymbols(bits, capacity);
  if (origin >= last.length) throw new Error('bzip2: a block points outside itself');
  return expandRuns(last, origin);
}

/** The last column of the sorted rotations: Huffman codes, move to front, runs of the front symbol. */
function readSymbols(bits: BitReader, capacity: number): Uint8Array {
  const front = readAlphabet(bits);
  const end = front.length + 1;
  const count = bits.read(3);
  const selectors = readSelectors(bits, count);
  const tables = Array.from({ length: count }, () => readTable(bits, front.length + 2));
  const column = new Uint8Array(capacity);
  let length = 0;
  let run = 0;
  let place = 1;
  let group = 0;
  let left = 0;
  let table = tables[0];
  for (;;) {
    if (left === 0) {
      table = tables[selectors[group++] ?? -1];
      left = GROUP;
    }
    if (table === undefined) throw new Error('bzip2: a block has too few tables');
    left--;
    const symbol = decodeSymbol(bits, table);
    if (symbol <= 1) {
      run += place << symbol;
      place *= 2;
      if (run > capacity) throw new Error('bzip2: a block is too long');
      continue;
    }
    if (length + run + (symbol === end ? 0 : 1) > capacity) throw new Error('bzip2: a block is too long');
    column.fill(front[0] ?? 0, length, length + run);
    length += run;
    run = 0;
    place = 1;
    if (symbol === end) return column.subarray(0, length);
    const value = front[symbol - 1] ?? 0;
    front.copyWithin(1, 0, symbol - 1);
    front[0] = value;
    column[length++] = value;
  }
}

/** The bytes that the block uses, ascending. */
function readAlphabet(bits: BitReader): Uint8Array {
  const rows = bits.read(16);
  const used: number[] = [];
  for (let row = 0; row < 16; row++) {
    if ((rows & (0x8000 >> row)) === 0) continue;
    const columns = bits.read(16);
    for (let column = 0; column < 16; column++)
      if (columns & (0x8000 >> column)) used.push(row * 16 + column);
  }
  if (used.length === 0) throw new Error('bzip2: a block without symbols');
  return Uint8Array.from(used);
}

function readSelectors(bits: BitReader, tables: number): Uint8Array {
  const selectors = new Uint8Array(bits.read(15));
  if (tables < 2 || tables > 6 || selectors.length === 0) throw new Error('bzip2: a block is damaged');
  const front = Uint8Array.from({ length: tables }, (_, index) => index);
  for (let index = 0; index < selectors.length; index++) {
    let position = 0;
    while (bits.bit() === 1) position++;
    if (position >= tables) throw new Error('bzip2: a block is damaged');
    const value = front[position] ?? 0;
    front.copyWithin(1, 0, position);
    front[0] = value;
    selectors[index] = value;
  }
  return selectors;
}

/** Code lengths, each told by its difference to the one before, as a canonical Huffman table. */
function readTable(bits: BitReader, size: number): Table {
  const lengths = new Uint8Array(size);
  let length = bits.read(5);
  for (let symbol = 0; symbol < size; symbol++) {
    while (bits.bit() === 1) length += bits.bit() === 1 ? -1 : 1;
    if (length < 1 || length > LONGEST) throw new Error('bzip2: a code is too long');
    lengths[symbol] = length;
  }
  const limits = new Int32Array(LONGEST + 1).fill(-1);
  const bases = new Int32Array(LONGEST + 1);
  const symbols = new Uint16Array(size);
  let code = 0;
  let index = 0;
  for (let bitsLong = 1; bitsLong <= LONGEST; bitsLong++) {
    bases[bitsLong] = code - index;
    for (let symbol = 0; symbol < size; symbol++)
      if (lengths[symbol] === bitsLong) {
        symbols[index++] = symbol;
        code++;
      }
    limits[bitsLong] = code - 1;
    code *= 2;
  }
  return { limits, bases, symbols };
}

function decodeSymbol(bits: BitReader, { limits, bases, symbols }: Table): number {
  let code = 0;
  for (let length = 1; length <= LONGEST; length++) {
    code = code * 2 + bits.bit();
    if (code <= (limits[length] ?? -1)) {
      const symbol = symbols[code - (bases[length] ?? 0)];
      if (symbol !== undefined) return symbol;
    }
  }
  throw new Error('bzip2: a code that no table has');
}

/** From the last column back to the text, and four equal bytes with a count back to their run. */
function expandRuns(column: Uint8Array, origin: number): Uint8Array {
  const starts = new Uint32Array(256);
  for (const byte of column) starts[byte] = (starts[byte] ?? 0) + 1;
  for (let byte = 0, sum = 0; byte < 256; byte++) {
    const count = starts[byte] ?? 0;
    starts[byte] = sum;
    sum += count;
  }
  const next = new Uint32Array(column.length);
  for (const [index, byte] of column.entries()) {
    const place = starts[byte] ?? 0;
    starts[byte] = place + 1;
    next[place] = index;
  }
  let text = new Uint8Array(column.length * 2);
  let length = 0;
  let equal = 0;
  let previous = -1;
  let at = next[origin] ?? 0;
  for (let index = 0; index < column.length; index++) {
    const byte = column[at] ?? 0;
    at = next[at] ?? 0;
    if (length + 256 > text.length) {
      const longer = new Uint8Array(text.length * 2 + 256);
      longer.set(text);
      text = longer;
    }
    if (equal === 4) {
      text.fill(previous, length, length + byte);
      length += byte;
      equal = 0;
      previous = -1;
      continue;
    }
    equal = byte === previous ? equal + 1 : 1;
    previous = byte;
    text[length++] = byte;
  }
  return text.subarray(0, length);
}

function checksumOf(text: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of text) crc = (crc << 8) ^ (CRC[((crc >>> 24) ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}
