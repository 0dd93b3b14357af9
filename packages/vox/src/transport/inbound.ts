/** What a client sends, handled one item after another and bounded; the client is kept waiting while too much does. */
import type { LiveSocket } from './socket.js';

/** Bytes that may wait, for a model that loads or a queue that is full, before the client is kept from sending: 8 s of 16 kHz audio. */
const WAITING_BYTES = 256 * 1024;
/** What an item costs beside its bytes: empty ones count too. */
const ITEM_BYTES = 64;

export interface InboundOptions<Item> {
  /** What still waits when it aborts is forgotten, and what comes later. */
  readonly signal: AbortSignal;
  /** Bytes of an item; always the same for one. */
  size(item: Item): number;
  /** Handles one item. A promise keeps the next one waiting. */
  handle(item: Item): Promise<void> | void;
  /** What `handle` threw or rejected with; the next item comes all the same. */
  failed(error: unknown): void;
  /** Everything is handled that came. */
  onIdle?(): void;
}

/** @typeParam Item a message, or what is decoded from a stream of bytes */
export class Inbound<Item> {
  readonly #source: Pick<LiveSocket, 'pause' | 'resume'>;
  readonly #options: InboundOptions<Item>;
  #waiting: Item[] = [];
  #bytes = 0;
  #full = false;
  #busy = false;

  constructor(source: Pick<LiveSocket, 'pause' | 'resume'>, options: InboundOptions<Item>) {
    this.#source = source;
    this.#options = options;
  }

  /** Is everything handled that came? */
  get idle(): boolean {
    return !this.#busy;
  }

  /** Takes items that came at once; their turn comes after those before them. */
  push(...items: readonly Item[]): void {
    if (this.#options.signal.aborted) return;
    for (const item of items) {
      this.#waiting.push(item);
      this.#bytes += this.#cost(item);
    }
    if (this.#bytes > WAITING_BYTES && !this.#full) {
      this.#full = true;
      this.#source.pause();
    }
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    // A list is gone through rather than shifted: thousands of tiny items come in one read.
    while (this.#waiting.length > 0) {
      const items = this.#waiting;
      this.#waiting = [];
      for (const item of items) {
        if (this.#options.signal.aborted) break;
        this.#bytes -= this.#cost(item);
        try {
          const handled = this.#options.handle(item);
          // No turn of the event loop is lost on what is done at once.
          if (handled !== undefined) await handled;
        } catch (error) {
          this.#options.failed(error);
        }
        this.#relax();
      }
    }
    this.#busy = false;
    this.#options.onIdle?.();
  }

  #relax(): void {
    if (this.#options.signal.aborted) {
      this.#waiting = [];
      this.#bytes = 0;
    }
    if (!this.#full || this.#bytes > WAITING_BYTES / 2) return;
    this.#full = false;
    this.#source.resume();
  }

  #cost(item: Item): number {
    return ITEM_BYTES + this.#options.size(item);
  }
}
