/** Reading a bundle from front to back, a piece at a time. */
import { Header } from 'tar';
import { BLOCK, damaged, paddingAfter } from './format.js';

export class BundleReader {
  readonly #source: AsyncIterator<Uint8Array>;
  /** What came and was not taken yet. */
  #rest: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next entry's name and size in bytes; undefined at tar's end. Throws `hash_mismatch` where no header is. */
  async header(): Promise<{ name: string; size: number } | undefined> {
    const block = Buffer.from(await this.#take(BLOCK));
    const header = new Header(block, 0);
    if (header.nullBlock) return undefined;
    if (!header.cksumValid || header.type !== 'File' || header.path === undefined)
      throw damaged('a header of the archive can not be read');
    return { name: header.path, size: header.size ?? 0 };
  }

  /** The content of an entry of `size` bytes, in pieces that are valid until the next one. Throws `hash_mismatch` when cut. */
  async *content(size: number): AsyncGenerator<Uint8Array> {
    let left = size;
    while (left > 0) {
      const piece = await this.#upTo(left);
      left -= piece.length;
      yield piece;
    }
    await this.#take(paddingAfter(size));
  }

  /** The whole content of a small entry. */
  async small(size: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const piece of this.content(size)) parts.push(piece);
    return Buffer.concat(parts);
  }

  /** Lets the source go. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  /** Exactly `size` bytes; for headers and padding. */
  async #take(size: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let left = size; left > 0; ) {
      const piece = await this.#upTo(left);
      parts.push(piece);
      left -= piece.length;
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  /** At least one byte, at most `size`. */
  async #upTo(size: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const next = await this.#source.next();
      if (next.done) throw damaged('it ends too early');
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }
}
