/** What is done for one socket, until it closes or is closed. */
import type { LiveSocket } from './socket.js';

export class SocketWork {
  readonly #socket: Pick<LiveSocket, 'close'>;
  readonly #stop = new AbortController();
  #idle: NodeJS.Timeout | undefined;

  constructor(socket: Pick<LiveSocket, 'close' | 'signal'>) {
    this.#socket = socket;
    socket.signal.addEventListener('abort', () => this.#end(), { once: true });
  }

  /** Aborts at the end, whoever brought it about: whatever still works for this client ends then. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  get over(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Calls `act` in so many ms, unless it is asked again before, or the work is over. */
  wake(ms: number, act: () => void): void {
    this.sleep();
    if (!this.over) this.#idle = setTimeout(act, ms);
  }

  /** Nothing is to be called any more. */
  sleep(): void {
    clearTimeout(this.#idle);
  }

  /** What was sent goes out before it. Idempotent. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    this.#end();
  }

  #end(): void {
    this.sleep();
    this.#stop.abort();
  }
}
