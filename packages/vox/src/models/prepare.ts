/**
 * Pulling one entry, from its sources to a visible model. Runs in the pull process. Killed at any moment it leaves the
 * store as it was, and downloads that the next pull goes on with.
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { hashFile, sizeOf } from './blobs.js';
import { flush } from './durable.js';
import { ensureEngine } from './engines/ensure.js';
import type { ImportResult } from './import/index.js';
import { acquireLock } from './lock.js';
import { manifestOf, recipeOf } from './manifest.js';
import { parseReference } from './reference.js';
import { originOf, type RemoteModel, remoteModel } from './remote.js';
import type { ModelsSettings } from './settings.js';
import {
  type DeliveredFile,
  fetchEntry,
  type SourceContext,
  type VerifiedDelivery,
} from './sources/index.js';
import type { Incoming, Store } from './store.js';
import type { CatalogEntry, Manifest, ManifestFile, PullEvent } from './types.js';

/** How often companions that vanish during a pull are fetched again. */
const ROUNDS = 3;
/** Files that are hashed and flushed to the disk at once: many small ones spend their time waiting for the disk. */
const FLUSHES = 8;

export interface Preparation {
  readonly store: Store;
  readonly settings: ModelsSettings;
  /** The entry and everything it needs, by reference. */
  readonly entries: ReadonlyMap<string, CatalogEntry>;
  /** Whether an engine that is not here may be installed. */
  readonly installEngines: boolean;
  readonly signal: AbortSignal;
  readonly emit: (event: PullEvent) => void;
}

/** Pulls an entry and what it needs. Throws VoxError; the store is consistent whatever happens. */
export async function prepare(task: Preparation, reference: string, companion = false): Promise<void> {
  const entry = task.entries.get(reference);
  if (entry === undefined) throw new VoxError('internal', `catalog: ${reference} is needed but has no entry`);
  const { layout } = task.store;
  task.emit({ status: `pulling ${reference}` });
  if (!companion) await prepareEngines(task);
  for (const need of entry.needs) await prepare(task, need, true);
  const lock = await acquireLock(layout.pullLock(parseReference(reference)), task.signal, () =>
    task.emit({ status: `waiting for another pull of ${reference}` }),
  );
  try {
    if (await isThere(task, entry, companion)) return;
    await make(task, entry, companion);
  } finally {
    await lock.release();
  }
}

/** Engines come first: where none can run here, no byte of the model is fetched. */
async function prepareEngines(task: Preparation): Promise<void> {
  const { store, settings, signal, emit, installEngines: mayInstall } = task;
  const ready = new Set<string>();
  for (const entry of task.entries.values()) {
    if (entry.engine === undefined || ready.has(entry.engine)) continue;
    ready.add(entry.engine);
    await ensureEngine({ layout: store.layout, settings, signal, emit, mayInstall }, entry);
  }
}

/** Whether the model is here, made from this very entry, with every byte as it was. Mends its view. */
async function isThere(task: Preparation, entry: CatalogEntry, companion: boolean): Promise<boolean> {
  const { store, emit, signal } = task;
  const manifest = await store.get(parseReference(entry.reference)).catch((error: unknown) => {
    emit({ status: 'warning', error: VoxError.from(error).message });
    return undefined;
  });
  if (manifest === undefined || manifest.recipe !== recipeOf(entry)) return false;
  emit({ status: `verifying ${entry.reference}` });
  const damaged: string[] = [];
  for (const file of manifest.files) {
    const blob = store.layout.blob(file.digest);
    const sound =
      (await sizeOf(blob)) === file.size && `sha256-${await hashFile(blob, signal)}` === file.digest;
    if (!sound) damaged.push(file.digest);
  }
  if (damaged.length > 0) {
    emit({ status: 'warning', error: `${entry.reference} is damaged on the disk and is fetched again` });
    await store.discard(damaged);
    return false;
  }
  await store.viewDirectory(manifest);
  if (!companion) await store.keep(manifest);
  return true;
}

async function make(task: Preparation, entry: CatalogEntry, companion: boolean): Promise<void> {
  const { store, settings, signal, emit } = task;
  const work = store.layout.work(parseReference(entry.reference));
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  try {
    const context: SourceContext = { settings, layout: store.layout, work, signal, emit };
    const remote = remoteModel(entry);
    const delivery = remote === undefined ? await fetchEntry(context, entry) : nothingDelivered(remote);
    const made = await importFiles(task, entry, delivery.files, work);
    emit({ status: `storing ${entry.reference}` });
    const incoming: Incoming[] = [];
    const files: ManifestFile[] = [];
    const queue = made.files.values();
    const settle = async () => {
      for (const { name, path, executable } of queue) {
        const digest = `sha256-${await hashFile(path, signal)}`;
        await flush(path);
        incoming.push({ digest, path });
        files.push({ name, digest, size: (await sizeOf(path)) ?? 0, ...(executable ? { executable } : {}) });
      }
    };
    await Promise.all(Array.from({ length: FLUSHES }, settle));
    files.sort((a, b) => (a.name < b.name ? -1 : 1));
    const { origin, hashes } = delivery;
    await commit(task, manifestOf(entry, { files, origin, hashes, companion, info: made.info }), incoming);
    for (const path of delivery.downloads) await rm(path, { force: true });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Commits; a companion that somebody removed meanwhile is fetched again. */
async function commit(task: Preparation, manifest: Manifest, incoming: readonly Incoming[]): Promise<void> {
  for (let round = 1; round <= ROUNDS; round++) {
    const missing = await task.store.commit(manifest, incoming);
    if (missing.length === 0) return;
    for (const need of missing) await prepare(task, need, true);
  }
  throw new VoxError(
    'conflict',
    `what ${manifest.reference} needs is removed again and again by somebody else`,
  );
}

interface Made {
  readonly files: readonly { name: string; path: string; executable: boolean }[];
  readonly info?: ImportResult['info'];
}

/** Runs the entry's importer; the delivered files are gone afterwards. */
async function importFiles(
  task: Preparation,
  entry: CatalogEntry,
  files: readonly DeliveredFile[],
  work: string,
): Promise<Made> {
  if (entry.importer === 'none')
    return { files: files.map(({ as, path, executable }) => ({ name: as, path, executable })) };
  const status = `importing ${entry.reference}`;
  task.emit({ status });
  const companions: Record<string, string> = {};
  for (const need of entry.needs) {
    const manifest = await task.store.get(parseReference(need));
    if (manifest !== undefined) companions[manifest.family] = await task.store.viewDirectory(manifest);
  }
  const output = join(work, 'output');
  await mkdir(output);
  const { importModel } = await import('./import/index.js');
  const result = await importModel({
    importer: entry.importer,
    directory: join(work, 'files'),
    files: Object.fromEntries(files.map((file) => [file.as, file.path])),
    output,
    entry,
    companions,
    onProgress: (completed, total) =>
      task.emit({ status, bytes_completed: completed, bytes_total: Math.max(total, completed) }),
    signal: task.signal,
  });
  if (task.signal.aborted) throw new VoxError('cancelled', 'the pull was cancelled');
  const made: { name: string; path: string; executable: boolean }[] = [];
  for (const { name, path } of result.files) {
    const moved = join(work, 'made', name);
    await mkdir(join(moved, '..'), { recursive: true });
    await rename(path, moved);
    made.push({ name, path: moved, executable: false });
  }
  await rm(join(work, 'files'), { recursive: true, force: true });
  return { files: made, info: result.info };
}

function nothingDelivered(remote: RemoteModel): VerifiedDelivery {
  return { files: [], downloads: [], hashes: [], origin: originOf(remote) };
}
