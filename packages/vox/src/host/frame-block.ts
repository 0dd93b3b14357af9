/**
 * The audio of one message to a runner, gathered in a block of bytes. Blocks are used again once they have left: as arrays of
 * their own, a few hundred messages a second would wait for a collection long after they were sent.
 */

/** Bytes of a block: what 400 streams send in 4 ms, and what a pipe of Linux takes at once. */
export const BLOCK_BYTES = 64 * 1024;
/**
 * Empty blocks that are kept, half a MiB: clients of one rhythm fill three or four at once while others leave. What comes on top
 * is made anew, and lies about until garbage of the old part of the heap is collected, which is seldom.
 */
const KEPT_BLOCKS = 8;

export class FrameBlock {
  #ids: number[] = [];
  #bytes: number[] = [];
  #block: Uint8Array | undefined;
  #filled = 0;
  readonly #empty: Uint8Array[] = [];
  #leaving = 0;

  /** Blocks that were taken and have not left. */
  get leaving(): number {
    return this.#leaving;
  }

  has(id: number): boolean {
    return this.#ids.includes(id);
  }

  /** Copies audio of a stream behind what is there. False where there is no room for it. */
  add(id: number, bytes: Uint8Array): boolean {
    if (this.#filled + bytes.length > BLOCK_BYTES) return false;
    this.#block ??= this.#empty.pop() ?? new Uint8Array(BLOCK_BYTES);
    this.#block.set(bytes, this.#filled);
    this.#filled += bytes.length;
    const last = this.#ids.length - 1;
    if (this.#ids[last] === id) this.#bytes[last] = (this.#bytes[last] ?? 0) + bytes.length;
    else {
      this.#ids.push(id);
      this.#bytes.push(bytes.length);
    }
    return true;
  }

  /** What was gathered, with `left` to be called when it has left; undefined when nothing was. Then it begins anew. */
  take(): { ids: number[]; bytes: number[]; body: Uint8Array; left: () => void } | undefined {
    const block = this.#block;
    if (block === undefined) return undefined;
    const taken = {
      ids: this.#ids,
      bytes: this.#bytes,
      body: block.subarray(0, this.#filled),
      left: () => {
        this.#leaving--;
        if (this.#empty.length < KEPT_BLOCKS) this.#empty.push(block);
      },
    };
    this.#ids = [];
    this.#bytes = [];
    this.#block = undefined;
    this.#filled = 0;
    this.#leaving++;
    return taken;
  }

  /** Lets go of the empty blocks. */
  release(): void {
    this.#empty.length = 0;
  }
}
