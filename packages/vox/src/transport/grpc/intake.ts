/**
 * Room for messages that come in. The library hands a message over only when it is whole, so each may hold as much memory as
 * the largest that is taken: a few at a time, the others wait unread at their clients.
 */
import { VoxError } from '@vox-speech/contract';

export interface IntakeSettings {
  /** Messages that may come in at once. */
  readonly places: number;
  /** Calls that may wait for a place. */
  readonly waiting: number;
  /** A message must be whole within this time of its place, in ms. */
  readonly timeoutMs: number;
}

/** 64 MiB in two minutes is 4.5 Mbit/s. */
export const DEFAULT_INTAKE: IntakeSettings = { places: 8, waiting: 256, timeoutMs: 120_000 };

interface Waiting {
  readonly enter: () => void;
}

/** A first-come queue for places. */
export class Intake {
  readonly #settings: IntakeSettings;
  readonly #queue: Waiting[] = [];
  #taken = 0;

  constructor(settings: IntakeSettings = DEFAULT_INTAKE) {
    this.#settings = settings;
  }

  /**
   * Calls `enter` once there is a place: now, or later. The function it returns gives the place back, or the wait for it up.
   * Idempotent.
   * @param late called when the message was not whole in time
   * @throws VoxError `overloaded` when too many wait
   */
  take(enter: () => void, late: (error: VoxError) => void): () => void {
    const { places, waiting, timeoutMs } = this.#settings;
    let timer: NodeJS.Timeout | undefined;
    let state: 'waiting' | 'in' | 'out' = 'waiting';
    const entry: Waiting = {
      enter: () => {
        state = 'in';
        this.#taken++;
        timer = setTimeout(() => {
          leave();
          late(new VoxError('timeout', `the message did not come in whole within ${timeoutMs / 1000} s`));
        }, timeoutMs);
        enter();
      },
    };
    const leave = (): void => {
      clearTimeout(timer);
      if (state === 'waiting') this.#queue.splice(this.#queue.indexOf(entry), 1);
      const wasIn = state === 'in';
      if (state !== 'out') state = 'out';
      if (!wasIn) return;
      this.#taken--;
      this.#queue.shift()?.enter();
    };
    if (this.#taken < places) entry.enter();
    else if (this.#queue.length < waiting) this.#queue.push(entry);
    else throw new VoxError('overloaded', 'too many messages come in at once', { retryAfter: 1 });
    return leave;
  }
}
