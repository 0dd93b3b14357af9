/** The machine: versions, processor, memory, disk. */
import { constants } from 'node:fs';
import { access, readFile, stat, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { formatBytes } from '../../config/index.js';
import { Layout } from '../../models/layout.js';
import { type Check, fail, ok, warn } from './check.js';

/** The oldest Node that works, as package.json's `engines` says. */
const NODE = [20, 19] as const;
/** Bytes: whisper:base with everything around it takes some 350 MB. */
const LITTLE_MEMORY = 1 << 30;
/** Bytes on the disk: the models of a first day. */
const LITTLE_DISK = 2 << 30;
/** Bytes below which no pull begins. */
const NO_DISK = 128 << 20;
/** What engines make use of, as /proc/cpuinfo spells it. */
const INSTRUCTIONS = new Set(
  'sse4_2 avx avx2 fma f16c avx512f avx512_vnni avx_vnni amx_int8 asimd asimddp sve i8mm'.split(' '),
);

export function versions(vox: string): Check[] {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const node = `${process.versions.node} on ${process.platform}-${process.arch}`;
  const recent = major > NODE[0] || (major === NODE[0] && minor >= NODE[1]);
  return [
    ok('Vox', vox),
    recent ? ok('Node', node) : fail('Node', node, `install Node ${NODE.join('.')} or newer`),
  ];
}

export async function processor(): Promise<Check> {
  const model = cpus()[0]?.model.trim() || 'unknown model';
  const found = await instructions();
  const detail = `${availableParallelism()} x ${model}${found.length > 0 ? ` (${found.join(' ')})` : ''}`;
  if (process.platform === 'linux' && process.arch === 'x64' && !found.includes('avx2'))
    return warn('processor', detail, 'models run slowly, or not at all, without AVX2: use another machine');
  return ok('processor', detail);
}

/** Instruction sets; none where the system has no /proc/cpuinfo. */
async function instructions(): Promise<readonly string[]> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1] ?? '';
  return line.split(/\s+/).filter((word) => INSTRUCTIONS.has(word));
}

export function memory(): Check {
  const free = process.availableMemory();
  const detail = `${formatBytes(free)} free of ${formatBytes(Math.min(totalmem(), process.constrainedMemory() || totalmem()))}`;
  return free < LITTLE_MEMORY
    ? warn('memory', detail, 'close other programs, or keep to small models such as whisper:tiny.en')
    : ok('memory', detail);
}

/** The folder of everything: is it there, may we write, is there room? */
export async function home(path: string): Promise<Check[]> {
  const place = await nearest(path);
  const checks: Check[] = [];
  const { models, manifests, blobs, views, temporary } = new Layout(path);
  const folders = place === path ? [path, models, manifests, blobs, views, temporary] : [place];
  for (const folder of folders) {
    const code = await access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );
    if (code !== undefined && code !== 'ENOENT')
      checks.push(
        fail(
          'VOX_HOME',
          `${folder} can not be written (${code})`,
          'change its owner or its rights, or set VOX_HOME',
        ),
      );
  }
  if (checks.length === 0)
    checks.push(ok('VOX_HOME', place === path ? path : `${path} (not there yet; the first pull makes it)`));
  const { bavail, bsize } = await statfs(place);
  const free = bavail * bsize;
  const detail = `${formatBytes(free)} free`;
  const next = 'free some space (vox list, vox rm), or set VOX_HOME to a folder on another disk';
  checks.push(
    free < NO_DISK
      ? fail('disk', detail, next)
      : free < LITTLE_DISK
        ? warn('disk', detail, next)
        : ok('disk', detail),
  );
  return checks;
}

/** The path, else the nearest folder above it that is there. */
async function nearest(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined || dirname(path) === path ? path : nearest(dirname(path));
}
