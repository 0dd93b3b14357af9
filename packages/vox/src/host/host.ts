/** What a host is: the place where a runner lives, seen from the server. */
import type { FromRunner, ToRunner } from '../messages/index.js';
import type { Port } from '../messages/pipe.js';

export interface RunnerHost {
  readonly port: Port<ToRunner, FromRunner>;
  readonly pid: number | undefined;
  /** Settles when the runner is gone and its memory is returned. */
  readonly gone: Promise<RunnerExit>;
  /** Ends it now. Idempotent. */
  destroy(): void;
}

export interface RunnerExit {
  /** How it ended: `exit code 255`, `signal SIGKILL`. */
  readonly how: string;
  /** The last lines that it or its native library wrote to standard error. */
  readonly stderrTail: string;
}

export interface StartRunnerOptions {
  /** Threads that the model may use; sizes the pool of the native calls. */
  readonly threads: number;
  /** Files of libraries that take the place of those of the same name (Linux); one that can't be loaded is passed over. */
  readonly preload: readonly string[];
  /** The model runs elsewhere: the runner itself does all there is to do here, message by message. */
  readonly elsewhere: boolean;
}

export type StartRunner = (options: StartRunnerOptions) => RunnerHost;
