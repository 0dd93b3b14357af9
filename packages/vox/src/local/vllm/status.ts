/** How the engines of this machine are. */
import type { MachineContext } from './gpus.js';
import { memoryByProcess } from './gpus.js';
import { isHealthy } from './health.js';
import { processesOf } from './identity.js';
import { type EngineRecord, isAlive, Records } from './record.js';

export interface EngineStatus {
  readonly reference: string;
  /** `gone`: it ended by itself, or its process id is another's now. */
  readonly status: 'healthy' | 'starting' | 'gone';
  readonly pid: number;
  /** Seconds; 0 = gone. */
  readonly uptime: number;
  readonly url: string;
  readonly port: number;
  /** Bytes of video memory; absent = not known (no driver, or a container). */
  readonly gpuMemory?: number;
  readonly served: string;
  readonly wire: string;
  readonly command: readonly string[];
  readonly log: string;
  readonly startedAt: string;
}

const MIB = 1024 * 1024;

/** Every engine that was started and not stopped. `now`: Unix ms. Rejects only with the signal's reason. */
export async function engineStatuses(
  home: string,
  context: MachineContext,
  now = Date.now(),
): Promise<readonly EngineStatus[]> {
  const records = await new Records(home).all();
  if (records.length === 0) return [];
  const memory = await memoryByProcess(context);
  return Promise.all(records.map((record) => statusOf(record, memory, context.signal, now)));
}

async function statusOf(
  record: EngineRecord,
  memory: ReadonlyMap<number, number>,
  signal: AbortSignal,
  now: number,
): Promise<EngineStatus> {
  const { reference, pid, url, port, served, wire, command, log, startedAt } = record;
  const said = { reference, pid, url, port, served, wire, command, log, startedAt };
  if (!(await isAlive(record))) return { ...said, status: 'gone', uptime: 0 };
  const status = (await isHealthy(url, signal)) ? 'healthy' : 'starting';
  const uptime = Math.max(0, Math.floor((now - Date.parse(startedAt)) / 1000));
  const own = (await processesOf(pid)).flatMap((one) => memory.get(one) ?? []);
  const bytes = own.reduce((sum, mib) => sum + mib * MIB, 0);
  return { ...said, status, uptime, ...(own.length === 0 ? {} : { gpuMemory: bytes }) };
}
