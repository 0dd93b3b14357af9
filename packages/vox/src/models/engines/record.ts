/**
 * What is installed under `VOX_HOME/engines/<name>`: a record, and the folder that it names. The record is replaced in
 * one step when the folder is whole, so an engine is there entirely or not at all.
 */
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { VoxError } from '@vox-speech/contract';
import { removeFile } from '../blobs.js';
import { flushFolder, writeFileDurably } from '../durable.js';
import type { Layout } from '../layout.js';
import type { EnginePin } from '../types.js';
import { retire } from '../views.js';
import { checkPin, engineName } from './pin.js';

/** The module of an engine's folder; it hands on the package's own default export. */
export const ENTRY = 'index.mjs';
const RECORD = 'engine.json';
const FOLDER = /^[0-9A-Za-z.-]+-[0-9a-f]{16}$/;

export interface EngineRecord extends EnginePin {
  /** `pinned`: a pull or `vox engines add NAME` brought it; `added`: somebody chose this package. */
  readonly origin: 'pinned' | 'added';
  /** Where it came from, for people: `npm @vox-speech/engine-sherpa@0.1.0`, a path. */
  readonly source: string;
  /** Name of the folder beside the record. */
  readonly folder: string;
  /** ISO 8601. */
  readonly installedAt: string;
}

/** The record of an engine; `undefined` where there is none, or none that can be read: then it is installed anew. */
export async function readRecord(layout: Layout, name: string): Promise<EngineRecord | undefined> {
  try {
    const path = join(layout.engines, engineName(name), RECORD);
    const value = JSON.parse(await readFile(path, 'utf8')) as EngineRecord;
    const { origin, source, folder, installedAt } = value;
    const pin = checkPin(value);
    const known = origin === 'pinned' || origin === 'added';
    if (pin.name !== name || !known || !FOLDER.test(folder)) return undefined;
    return { ...pin, origin, source: String(source), folder, installedAt: String(installedAt) };
  } catch {
    return undefined;
  }
}

/** Every record, sorted by name. */
export async function readRecords(layout: Layout): Promise<readonly EngineRecord[]> {
  const names = await readdir(layout.engines).catch(() => []);
  const records = await Promise.all(names.sort().map((name) => readRecord(layout, name)));
  return records.filter((record) => record !== undefined);
}

/** Folder of an installed engine. */
export function folderOf(layout: Layout, { name, folder }: Pick<EngineRecord, 'name' | 'folder'>): string {
  return join(layout.engines, name, folder);
}

/** URL of an installed engine's module. */
export function moduleOf(layout: Layout, record: EngineRecord): string {
  return pathToFileURL(join(folderOf(layout, record), ENTRY)).href;
}

/** Makes a built folder the engine of that name. The caller holds the engine's lock; the bytes are flushed. */
export async function publish(layout: Layout, record: EngineRecord, built: string): Promise<void> {
  const target = folderOf(layout, record);
  await retire(layout, target);
  await mkdir(dirname(target), { recursive: true });
  await rename(built, target);
  await flushFolder(dirname(target));
  await writeFileDurably(
    join(layout.engines, record.name, RECORD),
    `${JSON.stringify(record, undefined, 2)}\n`,
  );
  for (const other of await readdir(join(layout.engines, record.name)))
    if (FOLDER.test(other) && other !== record.folder)
      await retire(layout, join(layout.engines, record.name, other));
}

/** Removes an engine; the record first. The caller holds its lock. Throws `not_found` where none is installed. */
export async function unpublish(layout: Layout, name: string): Promise<void> {
  const folder = join(layout.engines, engineName(name));
  if (!(await removeFile(join(folder, RECORD))))
    throw new VoxError('not_found', `no engine called ${name} is under ${layout.engines}`, {
      param: 'engine',
    });
  await retire(layout, folder);
}
