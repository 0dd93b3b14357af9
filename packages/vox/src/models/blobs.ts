/** Content-addressed files: hashed, moved in, linked out. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, link, mkdir, rename, rm, stat, unlink, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Layout } from './layout.js';

/** Bytes read at once while hashing. */
const CHUNK = 1 << 20;

/** Hash of a file in hex digits: 64 of SHA-256. Rejects with the signal's reason when it aborts. */
export async function hashFile(
  path: string,
  signal?: AbortSignal,
  algorithm: 'sha256' | 'sha512' | 'md5' = 'sha256',
): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK, ...(signal ? { signal } : {}) }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Size of a file in bytes, or `undefined` where there is no plain file. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

/**
 * Moves a flushed file into the blobs, or drops it where the blob is there already. The caller holds the store's lock.
 * Returns whether the blob is new.
 */
export async function addBlob(layout: Layout, digest: string, path: string): Promise<boolean> {
  const target = layout.blob(digest);
  if ((await sizeOf(target)) === (await sizeOf(path))) {
    await rm(path, { force: true });
    return false;
  }
  await mkdir(layout.blobs, { recursive: true });
  try {
    await rename(path, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyFile(path, `${target}.tmp`);
    await rename(`${target}.tmp`, target);
    await rm(path, { force: true });
  }
  return true;
}

/**
 * Gives a file a second name. Where the file system has no hard links, or the target is on another one, it is copied with
 * its time, so that `isSameFile` still knows it.
 */
export async function linkOrCopy(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  try {
    await link(source, target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) throw error;
    await copyFile(source, target);
    const { atime, mtime } = await stat(source);
    await utimes(target, atime, mtime);
  }
}

/** Whether two paths are one file, or a copy that `linkOrCopy` made. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([stat(a).catch(() => undefined), stat(b).catch(() => undefined)]);
  if (first === undefined || second === undefined || !second.isFile()) return false;
  if (first.ino === second.ino && first.dev === second.dev) return true;
  return first.size === second.size && Math.abs(first.mtimeMs - second.mtimeMs) < 2;
}

/** Lets a program be started. */
export async function makeExecutable(path: string): Promise<void> {
  await chmod(path, 0o755);
}

/** Removes a file; false where there was none. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
