/** Garbage: blobs that no manifest names, and temporary files that nobody came back for. */
import { readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeFile, sizeOf } from './blobs.js';
import { DIGEST, type Layout } from './layout.js';
import { isPart } from './reference.js';

/** Temporary files untouched for so long (ms) are removed: an interrupted pull may be taken up again for a day. */
const STALE_MS = 24 * 3_600_000;

/** `name:tag` and path of every manifest file, damaged ones too, sorted. */
export async function manifestFiles(layout: Layout): Promise<{ reference: string; path: string }[]> {
  const found: { reference: string; path: string }[] = [];
  for (const name of await names(layout.manifests)) {
    if (!isPart(name)) continue;
    for (const file of await names(join(layout.manifests, name))) {
      const tag = file.endsWith('.json') ? file.slice(0, -'.json'.length) : '';
      if (isPart(tag)) found.push({ reference: `${name}:${tag}`, path: join(layout.manifests, name, file) });
    }
  }
  return found.sort((a, b) => (a.reference < b.reference ? -1 : 1));
}

/**
 * Removes every blob that no manifest names; returns the bytes freed. The caller holds the store's lock. Of a damaged
 * manifest every digest that can still be read counts as named, so that it costs nothing that a repair could use.
 */
export async function collectBlobs(layout: Layout): Promise<number> {
  const named = new Set<string>();
  for (const { path } of await manifestFiles(layout)) {
    const content = await readFile(path, 'utf8');
    for (const match of content.matchAll(/sha256-[0-9a-f]{64}/g)) named.add(match[0]);
  }
  let freed = 0;
  for (const blob of await names(layout.blobs)) {
    const path = join(layout.blobs, blob);
    if (named.has(blob) || !(DIGEST.test(blob) || blob.endsWith('.tmp'))) continue;
    const size = (await sizeOf(path)) ?? 0;
    if (await removeFile(path)) freed += size;
  }
  return freed;
}

/** Temporary files and folders that were not touched for a day. Locks look after themselves. */
export async function staleTemporary(layout: Layout, now: number = Date.now()): Promise<readonly string[]> {
  const stale: string[] = [];
  for (const folder of [layout.temporary, layout.downloads]) {
    for (const name of await names(folder)) {
      const path = join(folder, name);
      if (path === layout.downloads || path === layout.locks) continue;
      if (now - (await lastTouched(path)) > STALE_MS) stale.push(path);
    }
  }
  return stale;
}

/** Removes temporary files and folders that were not touched for a day. */
export async function pruneTemporary(layout: Layout, now: number = Date.now()): Promise<void> {
  for (const path of await staleTemporary(layout, now)) await rm(path, { recursive: true, force: true });
}

/** Removes a folder if it is empty. */
export async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => undefined);
}

/** Removes one manifest file and its folder if that was the last. */
export async function removeManifest(path: string): Promise<void> {
  await removeFile(path);
  await removeIfEmpty(dirname(path));
}

async function lastTouched(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return Date.now();
  let latest = found.mtimeMs;
  if (found.isDirectory())
    for (const name of await names(path)) {
      const inner = await stat(join(path, name)).catch(() => undefined);
      if (inner !== undefined) latest = Math.max(latest, inner.mtimeMs);
    }
  return latest;
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
