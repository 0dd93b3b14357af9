/**
 * Names for shell completion: what was pulled, what can be, and voices. Read straight from the disk and unchecked, in
 * milliseconds: a name that turns out broken is the command's to complain about.
 */
import { readFile } from 'node:fs/promises';
import { manifestFiles } from '../models/collect.js';
import { Catalog, openCatalog, type Reference } from '../models/index.js';
import { Layout } from '../models/layout.js';

export interface Named {
  readonly name: string;
  readonly description: string;
}

/** Models under `home` (absolute) that listen or speak. */
export async function pulledNames(home: string): Promise<readonly Named[]> {
  const found: Named[] = [];
  for (const { reference, path } of await manifestFiles(new Layout(home))) {
    const manifest = await readLoosely(path);
    if (manifest.kind === 'stt' || manifest.kind === 'tts')
      found.push({ name: reference, description: String(manifest.description ?? '') });
  }
  return found;
}

/** Every reference that can be pulled, the user's own files of `home` (absolute) included; nothing is asked over the network. */
export async function catalogNames(home: string): Promise<readonly Named[]> {
  const { entries } = await openCatalog({ home, signal: new AbortController().signal });
  return entries
    .filter(({ unavailable }) => unavailable === undefined)
    .map(({ reference, description }) => ({ name: reference, description }));
}

/** Voices of a pulled model, by any of its names; none where it is not here. */
export async function voiceNames(home: string, model: string): Promise<readonly Named[]> {
  const reference = resolve(model);
  if (reference === undefined) return [];
  const { info } = await readLoosely(new Layout(home).manifest(reference));
  const voices = (info as { voices?: unknown } | undefined)?.voices;
  if (!Array.isArray(voices)) return [];
  return (voices as { id?: unknown; language?: unknown }[]).map(({ id, language }) => ({
    name: String(id),
    description: String(language ?? ''),
  }));
}

function resolve(model: string): Reference | undefined {
  try {
    return new Catalog().resolve(model);
  } catch {
    return undefined;
  }
}

async function readLoosely(path: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}
