/**
 * Audio on its way from the client to the live session: it waits here until the session is open and has room, and goes on in
 * small pieces, so that a message of megabytes keeps nobody else waiting.
 */
import type { LiveSession } from '../../runtime/types.js';

/** Bytes that are passed on at once. */
const PIECE_BYTES = 64 * 1024;
/** Bytes, and messages, that may wait before the client has to. */
const MAX_WAITING_BYTES = 1024 * 1024;
const MAX_WAITING_MESSAGES = 1_000;

export class Intake {
  readonly #onRoom: () => void;
  #queue: (Uint8Array | 'commit' | 'finish')[] = [];
  #bytes = 0;
  #session: LiveSession | undefined;
  #full = false;
  #scheduled = false;
  #closed = false;

  /** @param onRoom called when there is room again after `push` said false */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom;
  }

  /** Takes any number of bytes. False when no more should be read until `onRoom`. */
  push(bytes: Uint8Array): boolean {
    this.#queue.push(bytes);
    this.#bytes += bytes.length;
    this.#pump();
    return this.#hasRoom;
  }

  /** The session is told once it has all audio that came before. */
  commit(): void {
    this.#queue.push('commit');
    this.#pump();
  }

  /** As `commit`: no more audio. */
  finish(): void {
    this.#queue.push('finish');
    this.#pump();
  }

  /** Audio that was not committed and still waits here is thrown away. */
  dropUncommitted(): void {
    const from = this.#queue.lastIndexOf('commit') + 1;
    for (const one of this.#queue.splice(from)) if (typeof one !== 'string') this.#bytes -= one.length;
    if (this.#hasRoom) this.#onRoom();
  }

  open(session: LiveSession): void {
    this.#session = session;
    this.#pump();
  }

  /** The session has room again. */
  drained(): void {
    this.#full = false;
    this.#pump();
  }

  /** Nothing more is passed on. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#bytes = 0;
  }

  get #hasRoom(): boolean {
    return this.#bytes < MAX_WAITING_BYTES && this.#queue.length < MAX_WAITING_MESSAGES;
  }

  #pump(): void {
    if (this.#scheduled) return;
    const had = this.#hasRoom;
    let budget = PIECE_BYTES;
    while (this.#session !== undefined && !this.#closed && this.#queue.length > 0) {
      const [next] = this.#queue;
      if (next === 'commit' || next === 'finish') {
        this.#queue.shift();
        this.#session[next]();
        continue;
      }
      if (next === undefined || this.#full) break;
      if (budget <= 0) {
        this.#later();
        break;
      }
      const piece = next.subarray(0, budget);
      if (piece.length === next.length) this.#queue.shift();
      else this.#queue[0] = next.subarray(piece.length);
      this.#bytes -= piece.length;
      budget -= piece.length;
      this.#full = !this.#session.append(piece);
    }
    if (!had && this.#hasRoom) this.#onRoom();
  }

  /** Others have their turn before the next piece. */
  #later(): void {
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }
}
