import assert from 'node:assert/strict';
import { chmod, mkdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../config/index.js';
import { temporaryHome } from '../../models/hub.test.support.js';
import { parseReference, Store } from '../../models/index.js';
import { put } from '../../models/store.test.support.js';
import { type Check, examine } from './index.js';
import { store as storeHealth } from './store.js';

const NOBODY = 'http://127.0.0.1:1';

async function checksOf(
  home: string,
  { env = {}, offline = true }: { env?: Record<string, string>; offline?: boolean } = {},
): Promise<Map<string, Check>> {
  const environment = { PATH: '', VOX_HOME: home, VOX_HOST: NOBODY, HF_ENDPOINT: NOBODY, ...env };
  const found = new Map<string, Check>();
  for await (const check of examine({
    config: loadConfig({ env: environment }),
    version: '0.0.0',
    offline,
    environment,
    signal: new AbortController().signal,
  }))
    found.set(check.name, check);
  return found;
}

const failures = (checks: Map<string, Check>) =>
  [...checks.values()].filter(({ status }) => status === 'fail').map(({ name }) => name);

test('an empty machine: nothing fails, everything that is amiss says what to do, and nothing is made', async (t) => {
  const home = join(await temporaryHome(t), 'none');
  const checks = await checksOf(home);
  assert.deepEqual(failures(checks), []);
  assert.equal(checks.get('ffmpeg')?.status, 'warn');
  assert.match(checks.get('ffmpeg')?.next ?? '', /vox pull ffmpeg/);
  assert.match(checks.get('VOX_HOME')?.detail ?? '', /not there yet/);
  assert.match(checks.get('sources')?.detail ?? '', /--offline/);
  assert.match(checks.get('server')?.detail ?? '', /none runs at .*vox serve/);
  for (const check of checks.values())
    assert.equal(check.next === undefined, check.status === 'ok', check.name);
  assert.equal(await stat(home).catch(() => 'none'), 'none');
});

test('an engine that is installed really loads, in a process of its own', async (t) => {
  const checks = await checksOf(await temporaryHome(t));
  const engine = checks.get('engine sherpa');
  if (engine === undefined) return t.skip('the sherpa engine is not installed here');
  assert.deepEqual([engine.status, /^loads, version \d/.test(engine.detail)], ['ok', true], engine.detail);
});

test('an engine that pulled models need and that is not there is a failure', async (t) => {
  const store = await Store.open(await temporaryHome(t));
  await put(store, 'a:1', { x: 'y' }, { kind: 'stt', engine: 'no-such-engine' });
  const checks = await checksOf(store.layout.home);
  assert.deepEqual(failures(checks), ['engine no-such-engine']);
  assert.match(checks.get('engine no-such-engine')?.next ?? '', /no-such-engine/);
});

test('the store: damaged, cut and missing files are failures with the line that mends them', async (t) => {
  const store = await Store.open(await temporaryHome(t));
  for (const name of ['sound', 'cut', 'lost', 'damaged'])
    await put(store, `${name}:1`, { f: `weights of ${name}` }, { kind: 'stt' });
  await put(store, 'vad:1', { v: 'vad' }, { kind: 'vad' });
  await put(store, 'needy:1', { f: 'needs' }, { kind: 'stt', needs: ['vad:1'] });
  const blobOf = async (name: string) =>
    store.layout.blob((await store.get(parseReference(`${name}:1`)))?.files[0]?.digest ?? '');
  await truncate(await blobOf('cut'), 3);
  await rm(await blobOf('lost'));
  await writeFile(store.layout.manifest(parseReference('damaged:1')), 'no JSON');
  await rm(store.layout.manifest(parseReference('vad:1')));
  const stale = join(store.layout.temporary, 'pull-old');
  await mkdir(stale);
  await utimes(stale, 1, 1);
  const { checks, models } = await storeHealth(store.layout.home);
  assert.deepEqual(
    models.map(({ reference }) => reference),
    ['cut:1', 'lost:1', 'needy:1', 'sound:1'],
  );
  assert.deepEqual(
    checks.map(({ name, status, next }) => [name, status, next]),
    [
      ['model damaged:1', 'fail', 'vox pull damaged:1'],
      ['model cut:1', 'fail', 'vox pull cut:1'],
      ['model lost:1', 'fail', 'vox pull lost:1'],
      ['model needy:1', 'fail', 'vox pull needy:1'],
      ['blobs', 'warn', 'they go with the next pull or rm'],
      ['temporary files', 'warn', 'they go when a server starts: vox serve'],
    ],
  );
});

test('sources: what answers is ok; none at all is a failure only where no model is', async (t) => {
  const hub = createServer((_, response) => void response.end('[]')).listen(0, '127.0.0.1');
  t.after(() => hub.close());
  await new Promise((resolve) => hub.once('listening', resolve));
  const endpoint = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`;
  // No PATH: there is neither pip nor npm.
  const home = await temporaryHome(t);
  const answered = await checksOf(home, { offline: false, env: { HF_ENDPOINT: endpoint } });
  assert.deepEqual(
    ['hub', 'pip index', 'npm registry'].map((name) => answered.get(name)?.status),
    ['ok', 'warn', 'warn'],
  );
  assert.deepEqual(failures(answered), []);
  assert.deepEqual(failures(await checksOf(home, { offline: false })), ['sources']);
  const store = await Store.open(home);
  await put(store, 'a:1', { x: 'y' }, { kind: 'stt' });
  assert.deepEqual(failures(await checksOf(home, { offline: false })), []);
});

test('a server that wants a key, and one elsewhere that does not answer, are failures', async (t) => {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/v1/health' ? 200 : 401).end('{"status":"ok","detail":"no key"}');
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const env = { VOX_HOST: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  const checks = await checksOf(await temporaryHome(t), { env });
  assert.deepEqual(failures(checks), ['server']);
  assert.match(checks.get('server')?.next ?? '', /VOX_API_KEY/);
});

test('a program that was set and does not run is a failure; so is a folder that can not be written', async (t) => {
  const home = await temporaryHome(t);
  const program = join(home, 'ffmpeg');
  await writeFile(program, '#!/bin/sh\nexit 3\n');
  await chmod(program, 0o755);
  if (process.platform === 'win32') return t.skip('a script is no program on Windows');
  assert.deepEqual(failures(await checksOf(home, { env: { VOX_FFMPEG: program } })), ['ffmpeg']);
  if (process.getuid?.() === 0) return t.diagnostic('root may write anywhere: rights are not looked at');
  await chmod(home, 0o500);
  t.after(() => chmod(home, 0o700));
  assert.deepEqual(failures(await checksOf(home)), ['VOX_HOME']);
});
