/** Ending an engine: its whole process group, and never a process that is not its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Layout } from '../../models/layout.js';
import { withLock } from '../../models/lock.js';
import { removeContainer } from './container.js';
import type { MachineContext } from './gpus.js';
import { markedProcesses } from './identity.js';
import { type EngineRecord, fileName, isAlive, Records } from './record.js';

/** ms that processes have to end after TERM (yap.md section 7), then after KILL. */
const GRACE_MS = 10_000;
const KILLED_MS = 2_000;
const POLL_MS = 50;

export type StopOutcome = 'stopped' | 'killed' | 'not running';

/** Stops the engine of a record and forgets it. `not running`: its process is gone, or its id is another process's now. */
export async function stopEngine(
  record: EngineRecord,
  home: string,
  context: MachineContext,
): Promise<StopOutcome> {
  const { reference } = record;
  return withLock(new Layout(home).lock(`engine-${fileName(reference)}`), context.signal, async () => {
    const outcome = await endProcesses(record, context);
    await new Records(home).remove(reference);
    return outcome;
  });
}

/** TERM, 10 s, KILL, to all processes of a record that are still its own. */
export async function endProcesses(record: EngineRecord, context: MachineContext): Promise<StopOutcome> {
  if (record.keeper !== undefined && (await isAlive(record.keeper))) send(record.keeper.pid, 'SIGTERM');
  let outcome: StopOutcome = 'not running';
  if (await signalAll(record, 'SIGTERM')) {
    outcome = 'stopped';
    if (!(await areGone(record, GRACE_MS))) {
      outcome = 'killed';
      await signalAll(record, 'SIGKILL');
      await areGone(record, KILLED_MS);
    }
  }
  // A container outlives the program that shows it where that was killed.
  if (record.container !== undefined && outcome !== 'not running')
    await removeContainer(record.container.program, record.container.name, context);
  return outcome;
}

/** False where none is left. */
async function signalAll(record: EngineRecord, signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
  // While its first process lives the group is its own; then the mark tells what it left behind.
  if (await isAlive(record)) {
    send(process.platform === 'win32' ? record.pid : -record.pid, signal);
    return true;
  }
  const left = await markedProcesses(record.pid, record.mark);
  for (const { pid } of left) send(pid, signal);
  return left.length > 0;
}

async function areGone(record: EngineRecord, withinMs: number): Promise<boolean> {
  const end = performance.now() + withinMs;
  for (;;) {
    if (!(await isAlive(record)) && (await markedProcesses(record.pid, record.mark)).length === 0)
      return true;
    if (performance.now() >= end) return false;
    await sleep(POLL_MS);
  }
}

function send(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
