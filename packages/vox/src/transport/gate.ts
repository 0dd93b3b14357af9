/** Reading from a socket, while nobody has a reason against it. */
import type { LiveSocket } from './socket.js';

/** @typeParam Hold why a socket is not read, e.g. because its audio waits */
export class Gate<Hold extends string> {
  readonly #socket: Pick<LiveSocket, 'pause' | 'resume'>;
  readonly #holds = new Set<Hold>();

  constructor(socket: Pick<LiveSocket, 'pause' | 'resume'>) {
    this.#socket = socket;
  }

  /** Idempotent for each reason. */
  hold(why: Hold): void {
    if (this.#holds.size === 0) this.#socket.pause();
    this.#holds.add(why);
  }

  release(why: Hold): void {
    if (this.#holds.delete(why) && this.#holds.size === 0) this.#socket.resume();
  }
}
