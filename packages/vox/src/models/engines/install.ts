/**
 * Installing an engine: its tarball and what that pins are fetched, verified and unpacked in a folder of their own, asked
 * whether they are an engine that can run here, and published in one step. No package's script is ever run, and nothing
 * is taken that no hash pins.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { VoxError } from '@vox-speech/contract';
import { hashFile } from '../blobs.js';
import type { Layout } from '../layout.js';
import { withLock } from '../lock.js';
import type { ModelsSettings } from '../settings.js';
import type { SourceContext } from '../sources/context.js';
import type { EnginePin, PullEvent } from '../types.js';
import { fetchPackage, packFolder } from './fetch.js';
import { lockedPackages, thisMachine } from './locked.js';
import { checkPin, integrityOf, type PinnedPackage, releasedPins } from './pin.js';
import { importEngine } from './probe.js';
import { ENTRY, type EngineRecord, publish } from './record.js';
import { complete, flushTree, packageNameOf, unpack } from './unpack.js';

export interface Installation {
  readonly layout: Layout;
  readonly settings: ModelsSettings;
  readonly signal: AbortSignal;
  readonly emit: (event: PullEvent) => void;
}

/** What to install: a pinned package, or a tarball or folder on this machine that somebody named. */
export type EngineSource =
  | { readonly type: 'package'; readonly pin: PinnedPackage; readonly name?: string }
  | { readonly type: 'tarball'; readonly path: string }
  | { readonly type: 'folder'; readonly path: string };

/** Lock under which one engine is installed or removed. */
export function engineLock(layout: Layout, name: string): string {
  return layout.lock(`engine-${name}`);
}

/**
 * Installs an engine and returns its record. The caller holds the engine's lock when it knows the name (`held`). Throws
 * `engine_missing` (not an engine, cannot run here, something unpinned), `hash_mismatch`, `source_failed`, `disk_full`,
 * `cancelled`; then what was installed before stays.
 */
export async function install(
  task: Installation,
  source: EngineSource,
  origin: EngineRecord['origin'],
  held: boolean,
): Promise<EngineRecord> {
  const { layout, signal } = task;
  const work = join(layout.temporary, `engine-${randomUUID()}`);
  await mkdir(work, { recursive: true });
  try {
    const built = await build({ ...task, work }, source);
    const record: EngineRecord = {
      ...built.pin,
      // The pinned package is what it is, whoever brought it: the next Vox may replace it.
      origin: releasedPins().get(built.pin.name)?.integrity === built.pin.integrity ? 'pinned' : origin,
      source: built.source,
      folder: `${built.pin.version}-${randomUUID().replaceAll('-', '').slice(0, 16)}`,
      installedAt: new Date().toISOString(),
    };
    const place = () => publish(layout, record, built.root);
    if (held) await place();
    else await withLock(engineLock(layout, record.name), signal, place);
    for (const path of built.downloads) await rm(path, { force: true });
    return record;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface Built {
  readonly root: string;
  readonly pin: EnginePin;
  readonly source: string;
  readonly downloads: readonly string[];
}

async function build(context: SourceContext, source: EngineSource): Promise<Built> {
  const { signal, work } = context;
  const downloads: string[] = [];
  const { tarball, title } = await tarballOf(context, source, downloads);
  const integrity = integrityOf(await hashFile(tarball, signal, 'sha512'));
  const root = join(work, 'engine');
  const first = join(work, 'unpacked');
  await unpack(tarball, first);
  const engine = await packageNameOf(first);
  if (
    source.type === 'package' &&
    (engine.name !== source.pin.package || engine.version !== source.pin.version)
  )
    throw new VoxError('engine_missing', `${title} holds ${engine.name}@${engine.version}`);
  const folder = join(root, 'node_modules', engine.name);
  await mkdir(dirname(folder), { recursive: true });
  await rename(first, folder);
  const packages = await lockedPackages(folder, thisMachine());
  for (const [index, wanted] of packages.entries()) {
    const path = await fetchPackage(context, wanted, { index: index + 1, total: packages.length + 1 });
    downloads.push(path);
    await unpack(path, join(folder, wanted.path));
  }
  await complete(root, engine);
  const name = await check(root, title, source.type === 'package' ? source.name : undefined);
  await flushTree(root);
  const pin = checkPin({ name, package: engine.name, version: engine.version, integrity });
  return { root, pin, source: title, downloads };
}

async function tarballOf(
  context: SourceContext,
  source: EngineSource,
  downloads: string[],
): Promise<{ tarball: string; title: string }> {
  if (source.type === 'folder')
    return { tarball: await packFolder(context, source.path), title: source.path };
  if (source.type === 'tarball') return { tarball: source.path, title: source.path };
  const tarball = await fetchPackage(context, source.pin, { index: 0, total: 1 });
  downloads.push(tarball);
  return { tarball, title: `npm ${source.pin.package}@${source.pin.version}` };
}

/** The name of the engine in a folder. Throws `engine_missing` unless it is an engine, of that name, that can run here. */
async function check(root: string, title: string, wanted: string | undefined): Promise<string> {
  const engine = await importEngine(pathToFileURL(join(root, ENTRY)).href, title);
  if (wanted !== undefined && engine.name !== wanted)
    throw new VoxError('engine_missing', `${title} is the engine '${engine.name}', not '${wanted}'`);
  const { available, reason } = engine.probe();
  if (!available)
    throw new VoxError(
      'engine_missing',
      `${title} can't run on this machine: ${reason ?? 'it gives no reason'}`,
    );
  return engine.name;
}
