/**
 * Python environments for real clients: made once in a cache folder (VOX_CACHE, else .cache/venvs), exactly
 * as pinned.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const cache = resolve(process.env.VOX_CACHE ?? join(here, '../../.cache/venvs'));

function works(command) {
  const probe = 'import sys, venv, ensurepip; assert sys.version_info >= (3, 11)';
  try {
    execFileSync(command, ['-c', probe], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const base = [process.env.VOX_PYTHON, 'python3', 'python'].filter(Boolean).find(works);

/** Why no environment can be made here; false when one can. */
export const NO_PYTHON = base ? false : 'no Python 3.11 or later with venv and pip';

/** The folder of an environment's programs. Throws with pip's own words when something can't be installed. */
export function programs(name) {
  const requirements = join(here, `requirements-${name}.txt`);
  const stamp = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const folder = join(cache, `${name}-${stamp}`);
  const done = join(folder, 'installed');
  if (!existsSync(done)) {
    mkdirSync(cache, { recursive: true });
    rmSync(folder, { recursive: true, force: true });
    execFileSync(base, ['-m', 'venv', folder], { stdio: 'pipe' });
    const flags = ['--quiet', '--disable-pip-version-check', '--no-deps'];
    execFileSync(join(folder, 'bin/python'), ['-m', 'pip', 'install', ...flags, '-r', requirements], {
      stdio: 'pipe',
    });
    writeFileSync(done, '');
  }
  return join(folder, 'bin');
}

/** The programs, or why there are none: { bin } or { reason }. */
export function tryPrograms(name) {
  if (NO_PYTHON) return { reason: NO_PYTHON };
  try {
    return { bin: programs(name) };
  } catch (error) {
    const said = String(error.stderr ?? error.message).trim();
    return { reason: `pip could not install requirements-${name}.txt: ${said.split('\n').at(-1)}` };
  }
}

/** Runs a script of this folder with the Python of `bin`, `env` over the test's own; what it printed. */
export async function runPython(bin, script, { args = [], env = {} } = {}) {
  const options = { env: { ...process.env, ...env }, maxBuffer: 2 ** 26 };
  const { stdout } = await promisify(execFile)(join(bin, 'python'), [join(here, script), ...args], options);
  return stdout;
}

/** Runs a script that prints a line of JSON for each of its checks: each is a subtest, and `atLeast` so many must come. */
export async function runChecks(t, bin, script, { atLeast, ...options }) {
  const lines = (await runPython(bin, script, options)).trim().split('\n');
  assert.ok(lines.length >= atLeast, `${lines.length} checks ran`);
  for (const { name, ok, error, trace, seconds } of lines.map((line) => JSON.parse(line))) {
    if (seconds !== undefined) t.diagnostic(`${name}: ${seconds} s`);
    await t.test(name, () => assert.ok(ok, `${error}\n${trace}`));
  }
}
