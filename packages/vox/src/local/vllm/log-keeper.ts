/**
 * A small process beside an engine: it keeps the engine's log short, and ends when the engine does. Started by `start.ts` with
 * the log's path, the limit in bytes, and the engine's process id and identity.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { trimLog } from './log-trim.js';
import { isAlive } from './record.js';

/** ms between two looks at the engine, and between two at the log (the original's 30 s). */
const LOOK_MS = 2_000;
const TRIM_EVERY = 15;

const [path = '', limit = '', pid = '', identity = ''] = process.argv.slice(2);
process.title = 'vox engine: log';

for (let look = 1; await isAlive({ pid: Number(pid), identity }); look += 1) {
  // A disk that is full now may not be in 30 s.
  if (look % TRIM_EVERY === 0) await trimLog(path, Number(limit)).catch(() => undefined);
  await sleep(LOOK_MS);
}
