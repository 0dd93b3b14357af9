/** Fewer progress events: of those with one status, ten a second and the last. */
import type { PullEvent } from './types.js';

/** ms between two events of one status. */
const PAUSE_MS = 100;

export interface Throttled {
  readonly emit: (event: PullEvent) => void;
  /** Sends what is held back. */
  readonly flush: () => void;
}

/** Wraps a receiver of events. Events without bytes, and the first and last of each status, always come through. */
export function throttled(receive: (event: PullEvent) => void, now: () => number = Date.now): Throttled {
  let held: PullEvent | undefined;
  let status: string | undefined;
  let sentAt = 0;
  const flush = () => {
    const event = held;
    held = undefined;
    if (event !== undefined) receive(event);
  };
  return {
    emit(event) {
      const repeats = event.status === status && event.bytes_completed !== undefined;
      if (repeats && now() - sentAt < PAUSE_MS && event.bytes_completed !== event.bytes_total) {
        held = event;
        return;
      }
      if (!repeats) flush();
      held = undefined;
      status = event.status;
      sentAt = now();
      receive(event);
    },
    flush,
  };
}
