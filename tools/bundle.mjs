/**
 * Makes one file of the server and one of each command, with the libraries that they need at the start: Node opens, reads
 * and links hundreds of modules one by one otherwise, which is most of the time `vox serve` takes to answer
 * (docs/decisions/0007); runners likewise, so that a model is back sooner after a crash. Workers and tests run the modules
 * themselves; `bin/vox.js` chooses.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { isOwn, misplaced, withOwnPlace } from './bundle-places.mjs';
import { ROOT } from './files.mjs';

const dist = join(ROOT, 'packages/vox/dist');
const bundle = join(dist, 'bundle');

/** Loaded when they are first used, most of them never: bundled they would cost memory and save nothing. */
const LATER = ['@grpc/grpc-js', 'ioredis', 'multicast-dns', 'prom-client', 'protobufjs', 'ws', 'zod'];

/** CommonJS libraries ask for these. */
const COMMON_JS = `import { createRequire as bundleRequire } from 'node:module';
import { fileURLToPath as bundlePath } from 'node:url';
const require = bundleRequire(import.meta.url);
const __filename = bundlePath(import.meta.url);
const __dirname = bundlePath(new URL('.', import.meta.url));`;

/** What the server starts as a process of its own and is bundled too: who starts it, how it is named there and in the bundle. */
const RUNNER = {
  starter: join(dist, 'host/process.js'),
  module: "'../runner/main.js'",
  bundled: "'../bundle/runner.js'",
};

/** Modules look for workers, pages and package.json from where they lie; so they do in the bundle. */
const ownPlaces = {
  name: 'own-places',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?js$/ }, async ({ path }) => {
      const own = isOwn(path);
      const text = own ? await readOwn(path) : await readFile(path, 'utf8');
      const fault = misplaced(relative(ROOT, path), text);
      if (fault !== undefined) throw new Error(fault);
      return own ? { loader: 'js', contents: withOwnPlace(text, path, bundle) } : undefined;
    });
  },
};

/** A module's text, which names the bundled runner where it starts one. */
async function readOwn(path) {
  const text = await readFile(path, 'utf8');
  if (path !== RUNNER.starter) return text;
  if (!text.includes(RUNNER.module)) throw new Error(`${path} does not start ${RUNNER.module}`);
  return text.replace(RUNNER.module, RUNNER.bundled);
}

await rm(bundle, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { bin: join(dist, 'bin.js'), runner: join(dist, 'runner/main.js') },
  outdir: bundle,
  absWorkingDir: ROOT,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: LATER,
  banner: { js: COMMON_JS },
  plugins: [ownPlaces],
  metafile: true,
  logLevel: 'warning',
});
await writeFile(join(bundle, 'LICENSES.txt'), await licences(Object.keys(metafile.inputs)));

/** What the licences of the bundled libraries want to see wherever their code goes. */
async function licences(inputs) {
  const folders = new Set();
  for (const input of inputs) {
    const found = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
    if (found !== undefined && !found.includes('@vox-speech')) folders.add(found);
  }
  const parts = [];
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(ROOT, folder, 'package.json'), 'utf8'));
    const file = (await readdir(join(ROOT, folder))).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? '' : await readFile(join(ROOT, folder, file), 'utf8');
    parts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  return parts.join(`\n${'-'.repeat(80)}\n\n`);
}
