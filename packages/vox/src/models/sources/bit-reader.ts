/** Bits out of a stream, most significant first: filled now and then, read without waiting in between. */

export class BitReader {
  readonly #input: AsyncIterator<Uint8Array>;
  #bytes: Uint8Array = new Uint8Array(0);
  /** The next bit of `#bytes`. */
  #position = 0;
  #inputEnded = false;

  constructor(input: AsyncIterable<Uint8Array>) {
    this.#input = input[Symbol.asyncIterator]();
  }

  /** Resolves when so many bytes can be read without another `fill`, or the stream has no more. */
  async fill(bytes: number): Promise<void> {
    const used = this.#position >>> 3;
    let have = this.#bytes.length - used;
    if (have >= bytes || this.#inputEnded) return;
    const parts = [this.#bytes.subarray(used)];
    while (have < bytes && !this.#inputEnded) {
      const { value, done } = await this.#input.next();
      if (done === true) this.#inputEnded = true;
      else {
        parts.push(value);
        have += value.length;
      }
    }
    const joined = new Uint8Array(have);
    let offset = 0;
    for (const part of parts) {
      joined.set(part, offset);
      offset += part.length;
    }
    this.#bytes = joined;
    this.#position &= 7;
  }

  /** Whether what was filled has been read and the stream has no more. */
  get ended(): boolean {
    return this.#inputEnded && this.#position >= this.#bytes.length * 8;
  }

  /** The next bits, at most 32, as a number. Throws an Error where the stream has ended before them. */
  read(count: number): number {
    let value = 0;
    let wanted = count;
    while (wanted > 0) {
      const byte = this.#bytes[this.#position >>> 3];
      if (byte === undefined) throw new Error('the file ends in the middle');
      const left = 8 - (this.#position & 7);
      const taken = Math.min(left, wanted);
      value = value * 2 ** taken + ((byte >>> (left - taken)) & (2 ** taken - 1));
      this.#position += taken;
      wanted -= taken;
    }
    return value;
  }

  /** The next bit; what `read(1)` does, quicker. */
  bit(): number {
    const byte = this.#bytes[this.#position >>> 3];
    if (byte === undefined) throw new Error('the file ends in the middle');
    return (byte >>> (7 - (this.#position++ & 7))) & 1;
  }

  /** Goes on at the next whole byte. */
  align(): void {
    this.#position = (this.#position + 7) & ~7;
  }
}
