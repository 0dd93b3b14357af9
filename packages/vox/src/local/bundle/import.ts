/** A bundle's models into the store: every byte is verified before any of them becomes visible. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { hashFile, sizeOf } from '../../models/blobs.js';
import { flush } from '../../models/durable.js';
import { type Catalog, parseReference, type Store } from '../../models/index.js';
import { recipeOf } from '../../models/manifest.js';
import { requireSpaceUnder } from '../../models/space.js';
import type { Manifest, ManifestFile, PullEvent } from '../../models/types.js';
import {
  type BundleIndex,
  blobName,
  blobsOf,
  damaged,
  INDEX_NAME,
  MAX_INDEX_BYTES,
  notABundle,
  parseIndex,
  SEAL_NAME,
  thisMachine,
} from './format.js';
import { BundleReader } from './reader.js';

/** Files that are flushed to the disk at once. */
const FLUSHES = 8;
/** Empty blocks at the end of a tar archive. */
const END_BLOCKS = 2;
/** Hex digits of SHA-256. */
const SEAL_BYTES = 64;

export interface ImportOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly source: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
  readonly emit: (event: PullEvent) => void;
}

export interface Imported {
  readonly imported: readonly string[];
  /** Were here before, from the same files. */
  readonly present: readonly string[];
  /** Programs and libraries for another kind of machine. */
  readonly skipped: readonly string[];
  /** Made from another catalog entry than this version's: a pull would fetch them anew. */
  readonly outdated: readonly string[];
  /** Bundles are made on this kind of machine. */
  readonly machine: string;
}

/**
 * Imports a bundle. Throws `invalid_request` for what is no bundle of this version, `hash_mismatch` where it was cut or
 * changed, `disk_full`, and the signal's reason. Until every byte was verified the store is as it was.
 */
export async function importBundle(options: ImportOptions): Promise<Imported> {
  const { store, signal } = options;
  const reader = new BundleReader(options.source);
  const work = join(store.layout.temporary, `import-${randomUUID()}`);
  try {
    const { index, seal } = await readIndex(reader);
    const skipped = index.machine === thisMachine() ? [] : index.bound;
    const wanted = index.models
      .filter(({ reference }) => !skipped.includes(reference))
      .map((model) => adapt(model, skipped, options.catalog));
    const { absent, wrong } = await absentOf(store, blobsOf(wanted), signal);
    await requireSpaceUnder(
      store.layout.home,
      absent.reduce((sum, { size }) => sum + size, 0),
      'the import',
    );
    await mkdir(work, { recursive: true });
    const written = await readBlobs(
      options,
      reader,
      index,
      new Set(absent.map(({ digest }) => digest)),
      work,
    );
    await readEnd(reader, seal);
    await flushAll([...written.values()]);
    signal.throwIfAborted();
    if (wrong.length > 0) await store.discard(wrong);
    const done = await commitAll(store, wanted, written);
    return {
      ...done,
      skipped,
      outdated: wanted
        .filter((model) => isOutdated(options.catalog, model))
        .map(({ reference }) => reference),
      machine: index.machine,
    };
  } finally {
    await rm(work, { recursive: true, force: true });
    await reader.close();
  }
}

async function readIndex(reader: BundleReader): Promise<{ index: BundleIndex; seal: string }> {
  const header = await reader.header().catch(() => undefined);
  if (header?.name !== INDEX_NAME || header.size > MAX_INDEX_BYTES) throw notABundle();
  const bytes = await reader.small(header.size);
  return { index: parseIndex(bytes), seal: createHash('sha256').update(bytes).digest('hex') };
}

/**
 * A model without those of its needs that run on another kind of machine. Where the catalog's entry for this machine is
 * the same but for them, it counts as made from that entry.
 */
function adapt(model: Manifest, skipped: readonly string[], catalog: Catalog): Manifest {
  const needs = model.needs.filter((need) => !skipped.includes(need));
  if (needs.length === model.needs.length) return model;
  const entry = catalog.find(model.reference);
  const same = entry !== undefined && recipeOf({ ...entry, needs: model.needs }) === model.recipe;
  return { ...model, needs, recipe: same ? recipeOf({ ...entry, needs }) : model.recipe };
}

/** Files whose blob is not here; among them the digests of blobs that are here and whose bytes are wrong: those are mended. */
async function absentOf(
  store: Store,
  files: readonly ManifestFile[],
  signal: AbortSignal,
): Promise<{ absent: readonly ManifestFile[]; wrong: readonly string[] }> {
  const absent: ManifestFile[] = [];
  const wrong: string[] = [];
  for (const file of files) {
    const path = store.layout.blob(file.digest);
    const size = await sizeOf(path);
    if (size === file.size && `sha256-${await hashFile(path, signal)}` === file.digest) continue;
    absent.push(file);
    if (size !== undefined) wrong.push(file.digest);
  }
  return { absent, wrong };
}

/** Verifies every blob of the bundle; writes those that are wanted, under their digests. */
async function readBlobs(
  options: ImportOptions,
  reader: BundleReader,
  index: BundleIndex,
  wanted: ReadonlySet<string>,
  work: string,
): Promise<Map<string, string>> {
  const blobs = blobsOf(index.models);
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  const written = new Map<string, string>();
  let done = 0;
  for (const blob of blobs) {
    const header = await reader.header();
    if (header?.name !== blobName(blob.digest) || header.size !== blob.size)
      throw damaged(`${blob.name} is not where the index says`);
    const path = join(work, blob.digest);
    const file = wanted.has(blob.digest) ? await open(path, 'wx') : undefined;
    try {
      const hash = createHash('sha256');
      for await (const piece of reader.content(blob.size)) {
        options.signal.throwIfAborted();
        hash.update(piece);
        await file?.writeFile(piece);
        done += piece.length;
        options.emit({ status: 'importing', bytes_completed: done, bytes_total: total });
      }
      if (`sha256-${hash.digest('hex')}` !== blob.digest) throw damaged(`${blob.name} has another hash`);
    } finally {
      await file?.close();
    }
    if (file !== undefined) written.set(blob.digest, path);
  }
  return written;
}

async function readEnd(reader: BundleReader, seal: string): Promise<void> {
  const header = await reader.header();
  if (header?.name !== SEAL_NAME || header.size !== SEAL_BYTES) throw damaged('it has no seal');
  if ((await reader.small(header.size)).toString('latin1') !== seal) throw damaged('its index was changed');
  for (let block = 0; block < END_BLOCKS; block++)
    if ((await reader.header()) !== undefined) throw damaged('it goes on after its end');
}

async function flushAll(paths: readonly string[]): Promise<void> {
  const queue = paths.values();
  const settle = async () => {
    for (const path of queue) await flush(path);
  };
  await Promise.all(Array.from({ length: FLUSHES }, settle));
}

async function commitAll(
  store: Store,
  models: readonly Manifest[],
  written: Map<string, string>,
): Promise<Pick<Imported, 'imported' | 'present'>> {
  const imported: string[] = [];
  const present: string[] = [];
  for (const model of models) {
    const before = await store.get(parseReference(model.reference)).catch(() => undefined);
    const manifest = { ...model, companion: model.companion && before?.companion !== false };
    const incoming = model.files.flatMap(({ digest }) => {
      const path = written.get(digest);
      written.delete(digest);
      return path === undefined ? [] : [{ digest, path }];
    });
    if (before !== undefined && incoming.length === 0 && isSame(before, manifest)) {
      await store.viewDirectory(before);
      present.push(model.reference);
      continue;
    }
    const missing = await store.commit(manifest, incoming);
    if (missing.length > 0)
      throw new VoxError(
        'conflict',
        `${missing.join(', ')} was removed by somebody else meanwhile; import again`,
      );
    imported.push(model.reference);
  }
  return { imported, present };
}

/** The same but for when it was pulled. */
function isSame(a: Manifest, b: Manifest): boolean {
  const text = (manifest: Manifest) => JSON.stringify(Object.entries({ ...manifest, pulledAt: '' }).sort());
  return text(a) === text(b);
}

function isOutdated(catalog: Catalog, model: Manifest): boolean {
  const entry = catalog.find(model.reference);
  return entry !== undefined && recipeOf(entry) !== model.recipe;
}
