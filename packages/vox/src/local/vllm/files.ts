/** What `vox engine` leaves on the disk: its logs, and what `vox engine stop --nuke` removes, which is nothing of anybody else's. */
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileName } from './record.js';

/** Where vLLM of ours keeps what it compiles. */
export function engineCache(home: string): string {
  return join(home, 'cache', 'engine');
}

/**
 * The paths that are removed, those that are there: compiled code, records of processes, and logs of engines. Not weights:
 * those are the hub's cache, which other programs use, or a folder of yours.
 */
export async function nukedPaths(home: string, logFolder: string): Promise<readonly string[]> {
  return [
    ...(await ours(join(home, 'cache'), /^engine$/)),
    ...(await ours(join(home, 'run'), /^engine-.*\.json$/)),
    ...(await engineLogs(logFolder)),
  ];
}

/** Removes them; engines must have been stopped before. */
export async function nuke(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { recursive: true, force: true });
}

/** Logs of engines in a folder; absolute if the folder is. */
async function engineLogs(logFolder: string): Promise<readonly string[]> {
  return ours(logFolder, /^engine-.*\.log$/);
}

/** The log of a reference, else the one that was written to last; undefined where there is none. */
export async function lastLog(logFolder: string, reference: string | undefined): Promise<string | undefined> {
  const paths = await engineLogs(logFolder);
  if (reference !== undefined)
    return paths.find((path) => basename(path) === `engine-${fileName(reference)}.log`);
  const times = await Promise.all(paths.map((path) => stat(path).then(({ mtimeMs }) => mtimeMs)));
  return paths[times.indexOf(Math.max(...times))];
}

async function ours(folder: string, pattern: RegExp): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return names.filter((name) => pattern.test(name)).map((name) => join(folder, name));
}
