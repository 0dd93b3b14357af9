/** The servers that run one model: which is asked next, and which is left alone for a while. */
import type { Upstream } from '@vox-speech/contract';

/** `failed`: by a fault of the upstream's; `left`: nobody waited any more before it had said anything, which tells nothing of it. */
export type Outcome = 'ok' | 'failed' | 'left';

/** One piece of work on one upstream. */
export interface Turn {
  readonly upstream: Upstream;
  /**
   * Says how it ended, once; a second call does nothing.
   * @param said what went wrong, for a person; told again where no upstream is left
   */
  release(outcome: Outcome, said?: string): void;
}

/** Of one model. */
export interface Upstreams {
  /**
   * The least loaded one that serves the model. Throws VoxError `upstream_unavailable` where there is none.
   * @param tried are passed over
   */
  take(tried?: ReadonlySet<Upstream>): Turn;
}
