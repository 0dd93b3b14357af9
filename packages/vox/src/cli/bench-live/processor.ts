/** Processor time of the server and its runners, where they run on this machine (Linux: /proc). */
import { readFile } from 'node:fs/promises';

/** Clock ticks a second of /proc: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Fields of /proc/PID/stat behind the name: the parent, then user and system time. */
const PARENT = 1;
const USER_TIME = 11;
const SYSTEM_TIME = 12;

/** Processor seconds that the runners and their server have used so far; undefined where that can't be read. */
export async function processorSeconds(runners: readonly number[]): Promise<number | undefined> {
  try {
    const stats = await Promise.all(runners.map(stat));
    if (stats.length === 0) return undefined;
    const parents = [...new Set(stats.map((fields) => Number(fields[PARENT])))];
    const all = [...stats, ...(await Promise.all(parents.map(stat)))];
    const ticks = all.reduce((sum, one) => sum + Number(one[USER_TIME]) + Number(one[SYSTEM_TIME]), 0);
    return ticks / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

/** The fields after the program's name, which may hold spaces. */
async function stat(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
