/**
 * Bytes that wait, first in, first out, in one block that is used again and again: a live stream gets fifty packets a second,
 * and as arrays of their own they would wait for a collection long after they were heard.
 */

/** Room that an empty queue keeps, in bytes, whatever comes next: some packets of 20 ms. */
const KEPT_ROOM = 4 * 1024;
/** Beyond that it keeps room for so many of what comes next. */
const KEPT_PACKETS = 4;
/** Room is made for more than is needed, so that it seldom grows. */
const GROW_BY = 1.5;

const NO_ROOM = new Uint8Array(0);

export class ByteQueue {
  #room: Uint8Array = NO_ROOM;
  #from = 0;
  #to = 0;
  /** What was taken last: packets are mostly of one length, and lie in the same place where none waits. */
  #taken: Uint8Array = NO_ROOM;

  /** Bytes that wait. */
  get length(): number {
    return this.#to - this.#from;
  }

  /** Copies the bytes. */
  push(bytes: Uint8Array): void {
    const kept = Math.max(KEPT_ROOM, KEPT_PACKETS * bytes.length);
    if (this.#to === 0 && this.#room.length > kept) this.#useRoom(NO_ROOM);
    if (this.#to + bytes.length > this.#room.length) this.#makeRoom(bytes.length);
    this.#room.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  /** The oldest bytes, at most so many; a view that is valid until the next call. */
  shift(count: number): Uint8Array {
    const from = this.#from;
    this.#from = Math.min(this.#to, from + count);
    const length = this.#from - from;
    if (this.#taken.length !== length || this.#taken.byteOffset !== from)
      this.#taken = this.#room.subarray(from, this.#from);
    if (this.#from === this.#to) {
      this.#from = 0;
      this.#to = 0;
    }
    return this.#taken;
  }

  /** For so many bytes more: what is left moves to the front, of half as much room again where it must grow. */
  #makeRoom(count: number): void {
    const { length } = this;
    const needed = GROW_BY * (length + count);
    const room = needed <= this.#room.length ? this.#room : new Uint8Array(Math.ceil(needed));
    room.set(this.#room.subarray(this.#from, this.#to));
    this.#useRoom(room);
    this.#from = 0;
    this.#to = length;
  }

  #useRoom(room: Uint8Array): void {
    if (room !== this.#room) this.#taken = NO_ROOM;
    this.#room = room;
  }
}
