/** Giving memory back to the machine: what nothing refers to any more is collected now, not when the next job needs room. */
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Native objects are freed in turns of their own after the collection that found them. */
const TURNS = 3;

/**
 * Collects garbage, native objects without an owner included. Where the process was started with a fixed threshold for
 * large blocks (see `host/process.ts`), the C library returns theirs to the system at once.
 */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < TURNS; i++) {
    collect();
    await turn();
  }
}
