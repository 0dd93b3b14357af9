/** Patience with a model whose runner keeps dying: the first restart is immediate, the later ones wait. */
import { VoxError } from '@vox-speech/contract';

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;

export class Backoff {
  readonly #now: () => number;
  readonly #crashes = new Map<string, { count: number; until: number }>();

  /** `now` in Unix ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  crashed(reference: string): void {
    const count = (this.#crashes.get(reference)?.count ?? 0) + 1;
    const delay = count === 1 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (count - 2), LONGEST_DELAY_MS);
    this.#crashes.set(reference, { count, until: this.#now() + delay });
  }

  /** A request went through: all is forgiven. */
  succeeded(reference: string): void {
    this.#crashes.delete(reference);
  }

  /** Throws `restarting` with a retry hint while the model must wait. */
  check(reference: string): void {
    const row = this.#crashes.get(reference);
    const wait = row === undefined ? 0 : row.until - this.#now();
    if (row === undefined || wait <= 0) return;
    throw new VoxError(
      'restarting',
      `${reference} crashed ${row.count} times in a row; it is started again in ${Math.ceil(wait / 1000)} s`,
      {
        retryAfter: Math.ceil(wait / 1000),
      },
    );
  }
}
