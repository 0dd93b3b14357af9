/** One reader of a pull's progress. Bounded: of events with one status only the latest waits to be read. */
import type { PullEvent } from './types.js';

/** Warnings and steps of one pull that may wait unread; the oldest goes when there are more. */
const MAX_WAITING = 256;

export class Listener {
  readonly #waiting: PullEvent[] = [];
  #ended = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  /** Adds an event; one that only brings figures up to date replaces its predecessor. */
  push(event: PullEvent): void {
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.status === event.status && event.bytes_completed !== undefined)
      this.#waiting.pop();
    if (this.#waiting.length >= MAX_WAITING) this.#waiting.shift();
    this.#waiting.push(event);
    this.#wake?.();
  }

  /** Nothing follows; with an error, reading ends by throwing it. */
  end(error?: unknown): void {
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  async *read(): AsyncGenerator<PullEvent> {
    for (;;) {
      const event = this.#waiting.shift();
      if (event !== undefined) yield event;
      else if (this.#ended) {
        if (this.#error !== undefined) throw this.#error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    }
  }
}
