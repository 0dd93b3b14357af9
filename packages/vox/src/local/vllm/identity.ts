/** Which process an id means: ids are used again, so a process is known by its id and the moment it began. */
import { readdir, readFile } from 'node:fs/promises';
import { askProgram } from '../doctor/ask-program.js';

/** ms that `ps` has for its answer. */
const TIMEOUT_MS = 5_000;
/** Field 22 of /proc/PID/stat, `starttime`, counted from the field behind the name (proc(5)). */
const STARTED = 19;
const STATE = 0;
const GROUP = 2;
/** Variable that the engine's processes inherit: tells them where their first process is gone. */
export const MARK = 'STARTED_BY_VOX_ENGINE';

/** When a living process began, as text that no other process of its id ever has; undefined = there is none, or a zombie. */
export async function identityOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return identityByPs(pid);
  const fields = await statOf(pid);
  if (fields === undefined) return undefined;
  return `${await bootId()}/${fields[STARTED] ?? ''}`;
}

/** The living processes of a group that carry a mark, with their identities. Linux only; elsewhere none. */
export async function markedProcesses(
  group: number,
  mark: string,
): Promise<readonly { readonly pid: number; readonly identity: string }[]> {
  const found: { pid: number; identity: string }[] = [];
  for (const pid of await processesOf(group)) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    const identity = await identityOf(pid);
    if (identity !== undefined && environment.split('\0').includes(`${MARK}=${mark}`))
      found.push({ pid, identity });
  }
  return found;
}

/** Ids of the living processes of a group. Linux only; elsewhere none. */
export async function processesOf(group: number): Promise<readonly number[]> {
  if (process.platform !== 'linux') return [];
  const names = await readdir('/proc').catch(() => [] as string[]);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const groups = await Promise.all(pids.map(async (pid) => Number((await statOf(pid))?.[GROUP])));
  return pids.filter((_, at) => groups[at] === group);
}

/** The fields behind the name; undefined = no such process, or one that has ended and waits to be asked about. */
async function statOf(pid: number): Promise<readonly string[] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name stands in brackets and may hold any character.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[STATE] === 'Z' || fields[STATE] === 'X' ? undefined : fields;
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

async function identityByPs(pid: number): Promise<string | undefined> {
  const { outcome, output } = await askProgram('ps', ['-o', 'lstart=', '-o', 'stat=', '-p', String(pid)], {
    timeoutMs: TIMEOUT_MS,
    environment: { PATH: '/bin:/usr/bin', LC_ALL: 'C' },
    signal: new AbortController().signal,
  });
  const state = output.split(/\s+/).at(-1) ?? '';
  if (outcome !== 'answered' || output === '' || state.startsWith('Z')) return undefined;
  return output.slice(0, output.lastIndexOf(state)).trim();
}
