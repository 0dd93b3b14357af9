/** The commands that need no server, as a child process on a VOX_HOME of a few bytes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Store } from '../models/index.js';
import { put } from '../models/store.test.support.js';
import { runProgram, startProgram } from './program.test.support.js';

const NOBODY = 'http://127.0.0.1:1';
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vox-local-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const vox = (args: readonly string[], env: Record<string, string> = {}, input?: Uint8Array) =>
  runProgram(args, {
    cwd: folder,
    env: { VOX_HOST: NOBODY, ...env },
    ...(input === undefined ? {} : { input }),
  });

async function withModel(): Promise<void> {
  const store = await Store.open(join(folder, 'home'));
  await put(store, 'ears:1', { 'model.onnx': 'weights' }, { kind: 'stt', engine: 'sherpa' });
}

test('export and import: what is written, what is said, and what goes through a pipe', async () => {
  await withModel();
  const exported = await vox(['export', 'ears:1']);
  assert.deepEqual([exported.code, exported.err], [0, '']);
  assert.match(
    exported.out,
    /Exported ears:1 to ears-1\.tar \(.*\)\nOn the other machine: vox import ears-1\.tar\n$/,
  );
  const elsewhere = { VOX_HOME: join(folder, 'elsewhere') };
  const imported = await vox(['import', 'ears-1.tar'], elsewhere);
  assert.deepEqual([imported.code, imported.out, imported.err], [0, '  importing\nImported ears:1\n', '']);
  const again = await vox(['import', '-', '--json'], elsewhere, await readFile(join(folder, 'ears-1.tar')));
  assert.deepEqual(JSON.parse(again.out).present, ['ears:1']);
  const asJson = await vox(['export', '--all', '-o', 'all.tar', '--json']);
  const { size } = await stat(join(folder, 'all.tar'));
  assert.deepEqual(JSON.parse(asJson.out), { path: 'all.tar', bytes: size, models: ['ears:1'] });
  assert.deepEqual(await readFile(join(folder, 'all.tar')), await readFile(join(folder, 'ears-1.tar')));
});

test('export and import: wrong use is exit 2, damage is exit 1, and neither leaves a file behind', async () => {
  await withModel();
  await vox(['export', '--all', '-o', 'all.tar']);
  const cases: [string[], number, RegExp][] = [
    [['export'], 2, /name the models to export, or give --all/],
    [['export', 'ears:1', '--all'], 2, /not both/],
    [['export', 'eyes:1', '-o', 'new.tar'], 1, /eyes:1 is not on this machine; here are ears:1/],
    [['export', 'ears:1', '-o', '.'], 2, /is a folder/],
    [['import'], 2, /missing required argument 'file'/],
    [['import', 'gone.tar'], 2, /no such file: gone\.tar/],
    [['import', '.'], 2, /is a folder/],
    [['import', 'cut.tar'], 1, /the bundle is damaged: it ends too early; nothing was imported/],
    [['import', 'note.txt'], 1, /not a file that vox export made/],
  ];
  await writeFile(join(folder, 'cut.tar'), await readFile(join(folder, 'all.tar')));
  await truncate(join(folder, 'cut.tar'), 3000);
  await writeFile(join(folder, 'note.txt'), 'words');
  for (const [args, code, message] of cases) {
    const ended = await vox(args, { VOX_HOME: join(folder, args[0] === 'import' ? 'other' : 'home') });
    assert.match(ended.err, message, args.join(' '));
    assert.equal(ended.code, code, args.join(' '));
  }
  assert.deepEqual((await readdir(folder)).sort(), ['all.tar', 'cut.tar', 'home', 'note.txt', 'other']);
  assert.deepEqual(await readdir(join(folder, 'other/models/blobs')), []);
});

test('logs: nothing yet says where logs come from; then the last lines, plain or as they are', async () => {
  const none = await vox(['logs']);
  assert.deepEqual([none.code, none.out], [0, '']);
  assert.match(none.err, /No log in .*logs yet\. .*vox serve/);
  await mkdir(join(folder, 'home/logs'), { recursive: true });
  const line = (msg: string) =>
    `${JSON.stringify({ level: 30, time: '2026-11-21T00:00:00.000Z', model: 'a:1', msg })}\n`;
  await writeFile(join(folder, 'home/logs/serve.1.log'), line('one'));
  await writeFile(join(folder, 'home/logs/serve.log'), line('two') + line('three'));
  assert.equal((await vox(['logs', '-n', '1'])).out, '2026-11-21T00:00:00.000Z INFO  three model=a:1\n');
  assert.equal((await vox(['logs', '--json'])).out, line('one') + line('two') + line('three'));
  const wrong = await vox(['logs', '-n', 'many']);
  assert.deepEqual(
    [wrong.code, wrong.err],
    [2, 'Error: --lines many: expected a whole number from 0 to 1000000\n'],
  );
});

test('logs -f goes on until Ctrl-C', async (t) => {
  await mkdir(join(folder, 'home/logs'), { recursive: true });
  const path = join(folder, 'home/logs/serve.log');
  await writeFile(path, 'first\n');
  const child = startProgram(['logs', '-f'], { cwd: folder });
  t.after(() => child.kill('SIGKILL'));
  let out = '';
  child.stdout.on('data', (part) => {
    out += String(part);
    if (out === 'first\n') void appendFile(path, 'second\n');
    if (out.endsWith('second\n')) child.kill('SIGINT');
  });
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.equal(out, 'first\nsecond\n');
});

test('serve keeps a log that stays when it has stopped, unless it is told not to', async (t) => {
  for (const kept of ['true', 'false']) {
    const home = join(folder, `home-${kept}`);
    const child = startProgram(['serve', '--port', '0', '--log-file', kept, '--log-level', 'info'], {
      cwd: folder,
      env: { VOX_HOME: home },
    });
    t.after(() => child.kill('SIGKILL'));
    const exit = once(child, 'exit');
    child.stdout.resume();
    child.stderr.on('data', (part) => {
      if (String(part).includes('Vox listens on')) child.kill('SIGTERM');
    });
    assert.deepEqual(await exit, [0, null]);
    const { out } = await vox(['logs'], { VOX_HOME: home });
    if (kept === 'true') assert.match(out, /INFO {2}listening url=http:\/\/127\.0\.0\.1:\d+/);
    else assert.equal(out, '');
  }
});

test('doctor: exit 0 with warnings, 1 with a failure, and the same checks as JSON', async () => {
  const good = await vox(['doctor', '--offline']);
  assert.equal(good.code, 0, good.out);
  assert.match(good.out, /^ok {4}Vox +\d/m);
  assert.ok(!good.out.includes('\u001b'), 'no colours without a terminal');
  await withModel();
  await writeFile(join(folder, 'home/models/manifests/ears/1.json'), 'no JSON');
  const bad = await vox(['doctor', '--offline']);
  assert.equal(bad.code, 1);
  assert.match(bad.out, /^fail {2}model ears:1 .*not JSON.*\n +-> vox pull ears:1$/m);
  assert.match(bad.err, /^Error: 1 check failed/);
  const asJson = await vox(['doctor', '--offline', '--json']);
  const { ok, checks } = JSON.parse(asJson.out) as {
    ok: boolean;
    checks: { name: string; status: string }[];
  };
  assert.deepEqual([asJson.code, ok], [1, false]);
  assert.equal(checks.find(({ status }) => status === 'fail')?.name, 'model ears:1');
});
