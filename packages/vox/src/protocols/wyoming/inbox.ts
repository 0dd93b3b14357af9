/** What a client has sent and is not dealt with yet: one item after another, bounded, with everything behind it waiting. */
import type { Decoded } from './codec.js';

/** Bytes that may wait while a model loads or a queue is full, before the client is kept from sending: 8 s of 16 kHz audio. */
const WAITING_BYTES = 256 * 1024;
/** What an item costs beside its bytes. */
const ITEM_BYTES = 64;

export interface InboxOwner {
  /** Deals with an item; a promise keeps the next waiting. */
  handle(item: Decoded): Promise<void> | undefined;
  failed(error: unknown): void;
  /** Too much waits; `room` follows. */
  full(): void;
  room(): void;
  /** Everything is dealt with. */
  idle(): void;
}

export class Inbox {
  readonly #owner: InboxOwner;
  #items: Decoded[] = [];
  #bytes = 0;
  #full = false;
  #working = false;

  constructor(owner: InboxOwner) {
    this.#owner = owner;
  }

  /** Something is being dealt with. */
  get working(): boolean {
    return this.#working;
  }

  push(items: readonly Decoded[]): void {
    for (const item of items) {
      this.#items.push(item);
      this.#bytes += cost(item);
    }
    if (this.#bytes > WAITING_BYTES && !this.#full) {
      this.#full = true;
      this.#owner.full();
    }
    if (!this.#working) void this.#work();
  }

  /** Forgets what waits, now and from now on. */
  clear(): void {
    this.#items = [];
    this.#bytes = 0;
  }

  async #work(): Promise<void> {
    this.#working = true;
    // A list is gone through rather than shifted: thousands of tiny items come in one read.
    while (this.#items.length > 0) {
      const items = this.#items;
      this.#items = [];
      for (const item of items) {
        if (this.#bytes === 0) break;
        this.#bytes -= cost(item);
        try {
          const handled = this.#owner.handle(item);
          // No turn of the event loop is lost on what is done at once.
          if (handled !== undefined) await handled;
        } catch (error) {
          this.#owner.failed(error);
        }
        this.#relax();
      }
    }
    this.#working = false;
    this.#owner.idle();
  }

  #relax(): void {
    if (!this.#full || this.#bytes > WAITING_BYTES / 2) return;
    this.#full = false;
    this.#owner.room();
  }
}

function cost(item: Decoded): number {
  if (item.kind === 'payload') return ITEM_BYTES + item.bytes.length;
  return ITEM_BYTES + (item.kind === 'event' ? item.bytes : 0);
}
