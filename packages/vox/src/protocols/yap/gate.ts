/** Reading from a socket, while nobody has a reason against it. */
import type { LiveSocket } from '../../transport/index.js';

/** Why a socket is not read: it is not greeted yet, its audio waits, its answers wait. */
export type Hold = 'greeting' | 'audio' | 'answers';

export class Gate {
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
