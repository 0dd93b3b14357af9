/**
 * What `npm pack` and `npm publish` run in a package's folder before they look at its files, and with `--undo` afterwards.
 *
 * Every package gets the licence and the notice. An engine gets an `npm-shrinkwrap.json`: every package that it needs, on
 * every machine, by version and integrity, as the root's lock file has them. `vox` gets copies of the workspace packages
 * that it bundles, and `engines.json`: the pins of its engines, whose tarballs are made on the spot to be hashed. npm makes
 * the same tarball of the same files each time.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { ROOT } from './files.mjs';
import { shrinkwrap } from './shrinkwrap.mjs';

/** Engines that `vox` installs by itself: name to folder. */
const ENGINES = { sherpa: 'engines/sherpa', onnx: 'engines/onnx' };

const folder = process.cwd();
const workspace = relative(ROOT, folder).split(sep).join('/');
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const bundled = manifest.bundleDependencies ?? [];
const copies = join(folder, 'node_modules');
const pins = join(folder, 'engines.json');
const lock = join(folder, 'npm-shrinkwrap.json');
const TEXTS = ['LICENSE', 'NOTICE'];

if (process.argv.includes('--undo')) {
  for (const path of [pins, lock, ...TEXTS.map((text) => join(folder, text))]) rmSync(path, { force: true });
  for (const name of bundled) rmSync(join(copies, name), { recursive: true, force: true });
} else {
  for (const text of TEXTS) cpSync(join(ROOT, text), join(folder, text));
  for (const name of bundled) copyPackage(name, join(copies, name));
  if (workspace.startsWith('engines/')) writeFileSync(lock, toJson(shrinkwrap(workspace)));
  // Only what pulls engines pins them: `vox`, and not its client.
  else if (bundled.length > 0) writeFileSync(pins, toJson(Object.entries(ENGINES).map(pinOf)));
}

/** A workspace package as its own tarball would hold it. */
function copyPackage(name, target) {
  const part = name.split('/')[1];
  const source = join(
    ROOT,
    part.startsWith('engine-') ? `engines/${part.slice('engine-'.length)}` : `packages/${part}`,
  );
  mkdirSync(target, { recursive: true });
  for (const kept of ['package.json', 'dist'])
    cpSync(join(source, kept), join(target, kept), { recursive: true });
}

function pinOf([name, path]) {
  const destination = mkdtempSync(join(tmpdir(), 'vox-pack-'));
  try {
    // npm of the outer run would hand its own flags down (--dry-run, --workspace).
    const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_/i.test(key)));
    const npm = process.env.npm_execpath;
    if (npm === undefined) throw new Error('run this by way of npm pack');
    execFileSync(process.execPath, [npm, 'pack', '--pack-destination', destination], {
      cwd: join(ROOT, path),
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const bytes = readFileSync(join(destination, readdirSync(destination)[0]));
    const { name: packageName, version } = JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8'));
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    return { name, package: packageName, version, integrity };
  } finally {
    rmSync(destination, { recursive: true, force: true });
  }
}

function toJson(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}
