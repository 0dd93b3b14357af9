/**
 * The product under measurement: started from this checkout on a free port, with a store that is kept
 * between runs.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, start, stop, untilHealthy } from './procs.mjs';
import { cannot } from './report.mjs';
import { client } from './rest.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The program. VOX_BENCH_PROGRAM measures another checkout's. */
export const program = resolve(process.env.VOX_BENCH_PROGRAM ?? join(root, 'packages/vox/bin/vox.js'));

/** The store: VOX_HOME if it is set, else the one that the tests pull into. */
export const voxHome = () =>
  resolve(process.env.VOX_HOME ?? process.env.VOX_TEST_HOME ?? join(root, '.cache/vox-home'));

/** The folder of files that the engine loads, e.g. view('whisper', 'base'). */
export const view = (name, tag) => join(voxHome(), 'models/views', name, tag);

/** The library that voices run on, where one was pulled with them: the bare engine gets the same. */
export function newerRuntime() {
  const library = join(view('onnxruntime', '1.31'), 'libonnxruntime.so');
  return existsSync(library) ? library : undefined;
}

/** Pulls what is not there yet, without a server. */
export function pull(...references) {
  for (const reference of references) {
    const [name, tag] = reference.split(':');
    if (existsSync(view(name, tag))) continue;
    console.error(`pulling ${reference}`);
    const env = { ...process.env, VOX_HOME: voxHome(), VOX_HOST: 'http://127.0.0.1:9' };
    execFileSync(process.execPath, [program, 'pull', reference], { env, stdio: ['ignore', 2, 2] });
  }
}

/** Runs `vox` against a server; gives its standard output. */
export function cli(base, ...args) {
  const env = { ...process.env, VOX_HOME: voxHome(), VOX_HOST: base };
  return execFileSync(process.execPath, [program, ...args], { env, encoding: 'utf8' });
}

/** Starts `vox serve`; gives { base, child, readyMs, api, stop }. */
export async function serve(args = [], env = {}) {
  if (!existsSync(program)) cannot(`${program} is not there; build first: npm run build`);
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const since = performance.now();
  const child = start(process.execPath, [program, 'serve', '--port', String(port), ...args], {
    VOX_HOME: voxHome(),
    ...env,
  });
  const readyMs = await untilHealthy(`${base}/v1/health`, child, { since, every: 5 });
  const api = client(base);
  return {
    base,
    child,
    readyMs,
    api,
    async stop() {
      api.close();
      await stop(child);
    },
  };
}
