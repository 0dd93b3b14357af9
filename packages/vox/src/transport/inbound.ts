/** What a client sends over a socket, handled one message after another; the client is kept waiting while too much does. */
import type { LiveSocket } from './socket.js';

/** Bytes that may wait, for a model that loads or a queue that is full, before the client is kept from sending. */
const WAITING_BYTES = 256 * 1024;
/** What a message costs beside its bytes: empty ones count too. */
const MESSAGE_BYTES = 64;

export interface InboundOptions {
  /** What still waits when it aborts is forgotten. */
  readonly signal: AbortSignal;
  /** Handles one message. A promise keeps the next one waiting. */
  handle(data: string | Uint8Array): Promise<void> | void;
  /** What `handle` threw or rejected with; the next message comes all the same. */
  failed(error: unknown): void;
}

export class Inbound {
  readonly #socket: LiveSocket;
  readonly #options: InboundOptions;
  readonly #waiting: (string | Uint8Array)[] = [];
  #bytes = 0;
  #busy = false;

  constructor(socket: LiveSocket, options: InboundOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** Is everything handled that came? */
  get idle(): boolean {
    return !this.#busy;
  }

  /** Takes a message; its turn comes after those before it. */
  push(data: string | Uint8Array): void {
    this.#waiting.push(data);
    this.#bytes += data.length + MESSAGE_BYTES;
    if (this.#bytes > WAITING_BYTES) this.#socket.pause();
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let data = this.#waiting.shift(); data !== undefined; data = this.#waiting.shift()) {
      this.#bytes -= data.length + MESSAGE_BYTES;
      try {
        const handled = this.#options.handle(data);
        // No turn of the event loop is lost on what is done at once.
        if (handled !== undefined) await handled;
      } catch (error) {
        this.#options.failed(error);
      }
      if (this.#options.signal.aborted) this.#waiting.length = 0;
      else if (this.#bytes <= WAITING_BYTES / 2) this.#socket.resume();
    }
    this.#busy = false;
  }
}
