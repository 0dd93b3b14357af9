/** Where uploads lie while their request runs: a folder of this process, since several may share one home. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Makes this process's folder under `parent`, and removes those of processes that are no more. */
export async function openUploadDirectory(
  parent: string,
): Promise<{ path: string; remove(): Promise<void> }> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (!isRunning(Number(name))) await rm(join(parent, name), { recursive: true, force: true });
  }
  const path = join(parent, String(process.pid));
  await mkdir(path, { recursive: true });
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is running all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
