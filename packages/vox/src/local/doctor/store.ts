/** The store: are the models that it names whole? */
import { readdir } from 'node:fs/promises';
import { VoxError } from '@vox-speech/contract';
import { sizeOf } from '../../models/blobs.js';
import { manifestFiles, staleTemporary } from '../../models/collect.js';
import { DIGEST, Layout } from '../../models/layout.js';
import { readManifest } from '../../models/manifest.js';
import type { Manifest } from '../../models/types.js';
import { type Check, fail, ok, warn } from './check.js';

export interface StoreHealth {
  readonly checks: readonly Check[];
  readonly models: readonly Manifest[];
}

/** Looks and changes nothing: a store that isn't there yet stays so. Sizes are compared, bytes are not hashed. */
export async function store(home: string): Promise<StoreHealth> {
  const layout = new Layout(home);
  const models: Manifest[] = [];
  const checks: Check[] = [];
  const files = await manifestFiles(layout);
  for (const { reference, path } of files) {
    try {
      const manifest = await readManifest(path, reference);
      if (manifest !== undefined) models.push(manifest);
    } catch (error) {
      checks.push(fail(`model ${reference}`, VoxError.from(error).message, `vox pull ${reference}`));
    }
  }
  const named = new Set(files.map(({ reference }) => reference));
  for (const model of models) {
    const what = await faultOf(layout, model, named);
    if (what !== undefined)
      checks.push(fail(`model ${model.reference}`, what, `vox pull ${model.reference}`));
  }
  const real = models.filter(({ kind }) => kind === 'stt' || kind === 'tts');
  const count = `${real.length} model${real.length === 1 ? '' : 's'}`;
  if (checks.length === 0)
    checks.push(
      ok(
        'models',
        real.length === 0 ? 'none yet; pull one: vox pull whisper:base' : `${count}, all files there`,
      ),
    );
  checks.push(...(await leftovers(layout, models)));
  return { checks, models };
}

async function faultOf(
  layout: Layout,
  { files, needs }: Manifest,
  named: ReadonlySet<string>,
): Promise<string | undefined> {
  for (const { name, digest, size } of files) {
    const there = await sizeOf(layout.blob(digest));
    if (there === undefined) return `${name} is missing`;
    if (there !== size) return `${name} has ${there} bytes instead of ${size}`;
  }
  const need = needs.find((one) => !named.has(one));
  return need === undefined ? undefined : `${need}, which it needs, is missing`;
}

async function leftovers(layout: Layout, models: readonly Manifest[]): Promise<Check[]> {
  const used = new Set(models.flatMap(({ files }) => files.map(({ digest }) => digest)));
  const blobs = await readdir(layout.blobs).catch(() => []);
  const unused = blobs.filter((name) => DIGEST.test(name) && !used.has(name));
  const stale = await staleTemporary(layout);
  return [
    ...(unused.length === 0
      ? []
      : [warn('blobs', `${unused.length} belong to no whole model`, 'they go with the next pull or rm')]),
    ...(stale.length === 0
      ? []
      : [
          warn(
            'temporary files',
            `${stale.length} older than a day`,
            'they go when a server starts: vox serve',
          ),
        ]),
  ];
}
