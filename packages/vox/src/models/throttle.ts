/** Fewer progress events: of those with one status ten a second, and always the newest within a tenth of one. */
import type { PullEvent } from './types.js';

/** ms between two events of one status. */
const PAUSE_MS = 100;

export interface Throttled {
  readonly emit: (event: PullEvent) => void;
  /** Sends what is held back. */
  readonly flush: () => void;
}

/** Wraps a receiver of events. What carries no bytes, and the first and last event of each status, comes through at once. */
export function throttled(receive: (event: PullEvent) => void): Throttled {
  let held: PullEvent | undefined;
  let timer: NodeJS.Timeout | undefined;
  let status: string | undefined;
  let sentAt = Number.NEGATIVE_INFINITY;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const event = held;
    held = undefined;
    if (event === undefined) return;
    sentAt = performance.now();
    receive(event);
  };
  return {
    emit(event) {
      const repeats = event.status === status && event.bytes_completed !== undefined;
      const wait = sentAt + PAUSE_MS - performance.now();
      if (repeats && wait > 0 && event.bytes_completed !== event.bytes_total) {
        held = event;
        timer ??= setTimeout(flush, wait);
        return;
      }
      if (repeats) held = undefined;
      flush();
      status = event.status;
      sentAt = performance.now();
      receive(event);
    },
    flush,
  };
}
