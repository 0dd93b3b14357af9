/** Whether a folder of folders changed, told by the times of the folders alone. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** File systems count time in steps, of up to 2 s (FAT, some network disks). */
const COARSEST_STEP_MS = 2_000;

/**
 * Names and times of change of the folders in a folder, and its own. A file that is renamed into or out of a folder changes
 * the folder's time; one that is written in place does not. Undefined where something changed so short a time ago that
 * another change could bear the same time.
 * @param now Unix ms
 */
export async function stampOf(folder: string, now: number): Promise<string | undefined> {
  const names = (await readdir(folder).catch(() => [])).sort();
  const times = await Promise.all(
    [folder, ...names.map((name) => join(folder, name))].map(
      async (path) => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0,
    ),
  );
  if (times.some((time) => now - time < COARSEST_STEP_MS)) return undefined;
  return `${times.join(' ')} ${names.join(' ')}`;
}
