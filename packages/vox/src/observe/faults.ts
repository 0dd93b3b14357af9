/** The last line of defence of a process that serves many: one mistake must not end what has nothing to do with it. */
import type { Log } from './log.js';

export interface FaultOptions {
  readonly log: Log;
  /** Called for each promise that was rejected and that nobody awaits. */
  readonly onRejection: () => void;
  /** Resolves when the log is where it is kept. */
  readonly flush: () => Promise<void>;
}

/** What the last words may take to reach the disk, in ms. */
const LAST_WORDS_MS = 1_000;

/**
 * For a process that is a server: a rejected promise that nobody awaits is logged, and the server goes on; an exception that
 * nobody caught is logged, and the process ends with 1, since nothing can be said of the state it left.
 * @returns undoes it
 */
export function watchFaults({ log, onRejection, flush }: FaultOptions): () => void {
  let ending = false;
  const rejected = (reason: unknown): void => {
    log.error({ err: errorOf(reason) }, 'a promise failed that nobody awaited; the server goes on');
    onRejection();
  };
  const thrown = (cause: unknown): void => {
    // Standard output may be what failed: it is not told again.
    if (ending) return;
    ending = true;
    const err = errorOf(cause);
    if (log.isLevelEnabled('fatal')) log.fatal({ err }, 'an error that nobody caught; the server ends');
    else process.stderr.write(`${err.stack}\n`);
    setTimeout(() => process.exit(1), LAST_WORDS_MS);
    void flush().finally(() => process.exit(1));
  };
  process.on('unhandledRejection', rejected).on('uncaughtException', thrown);
  return () => {
    process.off('unhandledRejection', rejected).off('uncaughtException', thrown);
  };
}

/** Anything can be thrown. */
function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
