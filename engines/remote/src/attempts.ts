/** One piece of work, on another upstream where the first one fails before anything was heard. */
import { type Upstream, VoxError } from '@vox-speech/contract';
import { cancelled } from './call.js';
import { isUpstreamsFault, mayGoElsewhere } from './failures.js';
import type { Pool } from './pool.js';

/**
 * What `work` yields, from the first upstream that does it. Each upstream is tried once at most; after the first piece,
 * or after `heard()`, the failure is the answer: what was said can't be taken back.
 * @throws VoxError `cancelled`, `upstream_unavailable`, and what the last upstream's work threw
 */
export async function* attempt<T>(
  pool: Pool,
  signal: AbortSignal,
  work: (upstream: Upstream, heard: () => void) => AsyncIterable<T>,
): AsyncGenerator<T> {
  await pool.ready(signal);
  const tried = new Set<Upstream>();
  let last: VoxError | undefined;
  for (;;) {
    if (signal.aborted) throw cancelled();
    const turn = next(pool, tried, last);
    tried.add(turn.upstream);
    let begun = false;
    const heard = (): void => {
      begun = true;
    };
    try {
      for await (const piece of work(turn.upstream, heard)) {
        begun = true;
        yield piece;
      }
      turn.release('ok');
      return;
    } catch (error) {
      if (signal.aborted) throw cancelled();
      last = VoxError.from(error);
      if (isUpstreamsFault(last)) turn.release('failed', last.message);
      if (begun || !mayGoElsewhere(last)) throw last;
    } finally {
      turn.release(begun ? 'ok' : 'left');
    }
  }
}

/** The next upstream; where there is none any more, what the last one said is the better answer. */
function next(pool: Pool, tried: ReadonlySet<Upstream>, last: VoxError | undefined) {
  try {
    return pool.take(tried);
  } catch (error) {
    throw last ?? error;
  }
}
