/**
 * What an engine's package brings along: its `npm-shrinkwrap.json` pins every package with version and integrity, for
 * every machine; those for this one are taken. `@vox-speech/contract` and `@vox-speech/audio` come from Vox itself.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { exactPackage, isIntegrity, isPackageName, type PinnedPackage } from './pin.js';

/** Packages that Vox gives to every engine, so that both speak of the same contract. */
export const PROVIDED = ['@vox-speech/contract', '@vox-speech/audio'] as const;

/** Packages that one engine may bring along. */
const MAX_PACKAGES = 500;

export interface LockedPackage extends PinnedPackage {
  /** Where it goes in the engine's own folder: `node_modules/sherpa-onnx-node`. */
  readonly path: string;
}

export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** Linux only. */
  readonly libc?: 'glibc' | 'musl';
}

interface LockEntry {
  readonly name?: string;
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly inBundle?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

/** This machine, as npm's lock files describe one. */
export function thisMachine(): Machine {
  const { platform, arch } = process;
  if (platform !== 'linux') return { platform, arch };
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return { platform, arch, libc: header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc' };
}

/**
 * The packages that an unpacked engine needs on a machine. Throws `engine_missing` where one is not pinned, or not made
 * for this machine.
 */
export async function lockedPackages(folder: string, machine: Machine): Promise<readonly LockedPackage[]> {
  const manifest = await readJson<{ name?: string; dependencies?: Record<string, string> }>(
    join(folder, 'package.json'),
  );
  const title = manifest?.name ?? 'the engine';
  const lock = await readJson<{ packages?: Record<string, LockEntry> }>(join(folder, 'npm-shrinkwrap.json'));
  const entries = Object.entries(lock?.packages ?? {}).filter(([path]) => path !== '');
  if (entries.length > MAX_PACKAGES)
    throw refused(title, `brings ${entries.length} packages along; at most ${MAX_PACKAGES} are taken`);
  const found: LockedPackage[] = [];
  for (const [path, entry] of entries) {
    const name = nameAt(path);
    if (name === undefined)
      throw refused(title, `its lock names ${JSON.stringify(path.slice(0, 80))}, which is no package`);
    if (entry.dev === true || entry.inBundle === true || isProvided(name)) continue;
    if (!fits(entry, machine)) {
      if (entry.optional === true) continue;
      throw refused(title, `needs ${name}, which is not made for ${machine.platform}-${machine.arch}`);
    }
    const pinned = exactPackage(`${entry.name ?? name}@${entry.version ?? ''}`);
    if (entry.link === true || pinned === undefined || !isIntegrity(entry.integrity))
      throw refused(title, `its npm-shrinkwrap.json does not pin ${name} by version and sha512 integrity`);
    found.push({ path, ...pinned, integrity: entry.integrity });
  }
  for (const name of Object.keys(manifest?.dependencies ?? {})) {
    const place = `node_modules/${name}`;
    if (isProvided(name) || found.some(({ path }) => path === place) || existsSync(join(folder, place)))
      continue;
    throw refused(
      title,
      `depends on ${name}, which nothing pins; run \`npm shrinkwrap\` in it, or bundle ${name}`,
    );
  }
  return found;
}

/** The package whose place in a lock file a path is; undefined where it is no such path. */
function nameAt(path: string): string | undefined {
  const [first, ...names] = `/${path}`.split('/node_modules/');
  return first === '' && names.length > 0 && names.every(isPackageName) ? names.at(-1) : undefined;
}

function isProvided(name: string): boolean {
  return (PROVIDED as readonly string[]).includes(name);
}

function fits({ os, cpu, libc }: LockEntry, machine: Machine): boolean {
  return (
    allows(os, machine.platform) &&
    allows(cpu, machine.arch) &&
    (machine.libc === undefined || allows(libc, machine.libc))
  );
}

/** npm's lists: names that are allowed, or names with "!" that are not. */
function allows(list: readonly string[] | undefined, name: string): boolean {
  if (list === undefined || list.length === 0) return true;
  if (list.includes(`!${name}`)) return false;
  return list.includes(name) || list.every((item) => item.startsWith('!'));
}

function refused(title: string, why: string): VoxError {
  return new VoxError('engine_missing', `${title} can't be installed: ${why}`);
}

async function readJson<T>(path: string): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new VoxError('engine_missing', `${path} is not JSON`, { cause: error });
  }
}
