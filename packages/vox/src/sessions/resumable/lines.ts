/** One thing at a time for each session; a few wait, one more is refused. */
import { VoxError } from '@vox-speech/contract';

/** Requests of one session that may wait. */
const MOST_WAITING = 8;

export class Lines {
  readonly #lines = new Map<string, { last: Promise<unknown>; count: number }>();

  /** Is anything under way for it? */
  busy(id: string): boolean {
    return this.#lines.has(id);
  }

  /** Does `work` when all that was asked before for `id` is done. Throws `conflict` where too many wait, `cancelled`. */
  async inTurn<T>(id: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(id) ?? { last: Promise.resolve(), count: 0 };
    if (line.count > MOST_WAITING)
      throw new VoxError(
        'conflict',
        'too many requests for this session at once; send one piece after another',
      );
    this.#lines.set(id, line);
    line.count++;
    const turn = line.last.then(() => {
      if (signal.aborted) throw new VoxError('cancelled', 'cancelled');
      return work();
    });
    line.last = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      line.count--;
      if (line.count === 0) this.#lines.delete(id);
    }
  }
}
