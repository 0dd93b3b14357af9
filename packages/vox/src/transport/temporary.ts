/** Temporary files of uploads and answers: few calls each, because many small ones come in a second. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A new file that only this user reads; its folder is made when missing. Throws what the file system throws.
 * @param flags as `open` takes them; must not take a file that is there
 */
export async function openTemporary(
  directory: string,
  prefix: string,
  flags: 'wx' | 'wx+' = 'wx',
): Promise<{ readonly path: string; readonly handle: FileHandle }> {
  const path = join(directory, `${prefix}-${randomUUID()}`);
  try {
    return { path, handle: await open(path, flags, 0o600) };
  } catch (error) {
    if (!isMissing(error)) throw error;
    await mkdir(directory, { recursive: true });
    return { path, handle: await open(path, flags, 0o600) };
  }
}

/** Removes one; nothing where it is gone. Throws what else the file system throws. */
export async function removeTemporary(path: string): Promise<void> {
  await unlink(path).catch((error) => {
    if (!isMissing(error)) throw error;
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
