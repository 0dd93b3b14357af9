/**
 * A file that is far larger than what is asked of it, read where it is asked: Node maps no files into memory, so pages are read
 * by position and the latest are kept. What is kept here is bounded; the system keeps as much more as it has memory for, and
 * shares it between processes, as it would for a mapped file.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes of a page: the system's own. */
const PAGE = 4096;
/** Bytes that are read beyond a page, so that no value is cut at its end. */
const OVERLAP = 16;
/** Pages that are kept (64 MiB): each has one place, by its number. */
const PAGES = 16_384;

export class PagedFile {
  readonly size: number;
  #file: number | undefined;
  readonly #bytes = Buffer.allocUnsafeSlow(PAGES * (PAGE + OVERLAP));
  /** Page in each place; -1 = none. */
  readonly #held = new Float64Array(PAGES).fill(-1);

  /** Throws the system's error when it can't be opened. */
  constructor(path: string) {
    this.#file = openSync(path, 'r');
    this.size = fstatSync(this.#file).size;
  }

  /** 4 bytes at a position. Throws Error beyond the file's end, and the system's own. */
  uint32(position: number): number {
    return this.#bytes.readUInt32LE(this.#at(position, 4));
  }

  /** 8 bytes at a position, unsigned. Throws as `uint32`. */
  uint64(position: number): bigint {
    return this.#bytes.readBigUInt64LE(this.#at(position, 8));
  }

  /** 8 bytes at a position whose value is below 2^53. Throws as `uint32`. */
  count(position: number): number {
    return Number(this.uint64(position));
  }

  float32(position: number): number {
    return this.#bytes.readFloatLE(this.#at(position, 4));
  }

  byte(position: number): number {
    return this.#bytes.readUInt8(this.#at(position, 1));
  }

  /** Closes it. Idempotent. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#held.fill(-1);
  }

  /** Where in the kept bytes a value of so many bytes stands. */
  #at(position: number, length: number): number {
    if (position < 0 || position + length > this.size)
      throw new Error(`there is nothing at byte ${position}`);
    const page = Math.floor(position / PAGE);
    const place = page % PAGES;
    const from = place * (PAGE + OVERLAP);
    if (this.#held[place] !== page) this.#read(page, place, from);
    return from + (position - page * PAGE);
  }

  #read(page: number, place: number, from: number): void {
    if (this.#file === undefined) throw new Error('the language model was closed');
    this.#held[place] = -1;
    const start = page * PAGE;
    const wanted = Math.min(PAGE + OVERLAP, this.size - start);
    for (let read = 0; read < wanted; ) {
      const more = readSync(this.#file, this.#bytes, from + read, wanted - read, start + read);
      if (more === 0) throw new Error('the language model became shorter while it was read');
      read += more;
    }
    this.#held[place] = page;
  }
}
