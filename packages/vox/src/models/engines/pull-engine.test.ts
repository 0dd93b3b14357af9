/** A pull brings the engine along: real pull processes, tarballs from a folder. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { VoxError } from '@vox-speech/contract';
import { all } from '../../transport/waiting.test.support.js';
import { bench, entryOf, Hub, noise, settingsFor, sha256, temporaryHome } from '../hub.test.support.js';
import { Layout } from '../layout.js';
import type { FromPullWorker } from '../pull-messages.js';
import type { CatalogEntry, EnginePin } from '../types.js';
import { refused, Shop } from './engines.test.support.js';
import { tarballName } from './fetch.js';
import { currentRecord, engineModule } from './locate.js';
import { readRecord } from './record.js';

const never = () => new AbortController().signal;
const install = () => ({ signal: never(), installEngines: true });

function entry(hub: Hub, reference: string, enginePin: EnginePin): CatalogEntry {
  const bytes = noise(100);
  const path = `/${reference.replace(':', '-')}-${enginePin.version}`;
  const file = { as: 'x', paths: [hub.serve(path, bytes)], size: 100, sha256: sha256(bytes) };
  return entryOf(reference, [{ type: 'https', files: [file] }], {
    kind: 'tts',
    engine: enginePin.name,
    enginePin,
  });
}

async function setUp(t: TestContext, names = ['m:1']) {
  const hub = await Hub.start(t);
  const shop = new Shop(await temporaryHome(t));
  const { pin } = await shop.engine();
  const entries = names.map((name) => entry(hub, name, pin));
  const made = await bench(t, entries, { engineSource: shop.folder });
  return { ...made, hub, shop, pin, entries, layout: new Layout(made.home) };
}

test('a pull installs the pinned engine with what it pins, runs none of its scripts, and does so once', async (t) => {
  const { puller, home, layout, shop, pin } = await setUp(t);
  const events = await all(puller.pull('m:1', install()));
  assert.deepEqual(events.map(({ status }) => status).slice(0, 4), [
    'pulling m:1',
    'checking adapter mine',
    'installing adapter mine 1.0.0',
    'adapter mine ready',
  ]);
  const record = await readRecord(layout, 'mine');
  assert.deepEqual(
    { ...record, folder: '', installedAt: '' },
    {
      ...pin,
      origin: 'pinned',
      source: 'npm my-engine@1.0.0',
      folder: '',
      installedAt: '',
    },
  );
  const { default: engine } = await import(await engineModule(home, 'mine', 'm:1'));
  assert.equal(engine.said, 'hello');
  assert.ok(VoxError.is(new engine.VoxError('internal', 'of the copy that Vox provides')));
  assert.ok(
    !existsSync(
      join(layout.engines, 'mine', record?.folder ?? '', 'node_modules/my-engine/node_modules/elsewhere'),
    ),
  );
  assert.deepEqual(
    (await readdir(shop.folder)).filter((name) => name.startsWith('ran-')),
    [],
  );
  assert.deepEqual(await readdir(layout.downloads), []);
  const again = await all(puller.pull('m:1', install()));
  assert.ok(!again.some(({ status }) => status.startsWith('installing')));
  assert.equal((await readRecord(layout, 'mine'))?.folder, record?.folder);
});

test('a pull that a request began installs nothing and fetches nothing', async (t) => {
  const { puller, hub, home, layout } = await setUp(t);
  await assert.rejects(
    all(puller.pull('m:1', { signal: never() })),
    refused('engine_missing', /run: vox pull m:1/),
  );
  assert.equal(hub.requests.length, 0);
  assert.ok(!existsSync(layout.engines));
  await assert.rejects(
    engineModule(home, 'mine', 'm:1'),
    refused('engine_missing', /vox pull m:1 .*vox engines add/),
  );
  await all(puller.pull('m:1', install()));
  assert.ok((await all(puller.pull('m:1', { signal: never() }))).some(({ status }) => status === 'success'));
});

test('bytes that are not the pinned ones are refused, the engine’s own and those that it brings', async (t) => {
  const { puller, hub, shop, layout } = await setUp(t);
  for (const file of [tarballName('my-engine', '1.0.0'), tarballName('sayer', '2.0.0')]) {
    const bytes = await readFile(join(shop.folder, file));
    await writeFile(join(shop.folder, file), Buffer.concat([bytes, Buffer.from([0])]));
    await assert.rejects(all(puller.pull('m:1', install())), refused('hash_mismatch', /sha512-/));
    assert.equal(await readRecord(layout, 'mine'), undefined);
    await writeFile(join(shop.folder, file), bytes);
  }
  assert.equal(hub.requests.length, 0);
  await all(puller.pull('m:1', install()));
  assert.deepEqual(
    (await readdir(layout.temporary)).filter((name) => name.startsWith('engine-')),
    [],
  );
});

test('many pulls at once make one installation', async (t) => {
  const { puller } = await setUp(t, ['a:1', 'b:1', 'c:1']);
  const names = ['a:1', 'b:1', 'c:1', 'a:1'];
  const told = await Promise.all(names.map((name) => all(puller.pull(name, install()))));
  // Two of the four watch one process, and both see its lines.
  const installing = told
    .slice(0, 3)
    .flat()
    .filter(({ status }) => status.startsWith('installing'));
  assert.equal(installing.length, 1);
  for (const events of told) assert.equal(events.at(-1)?.status, 'success');
});

test('an engine that calls itself something else, or cannot run here, is not installed', async (t) => {
  const { puller, shop, hub, layout } = await setUp(t);
  const other = await shop.engine('3.0.0', { name: 'other' });
  const misnamed = entry(hub, 'm:1', { ...other.pin, name: 'mine' });
  const first = await bench(t, [misnamed], { engineSource: shop.folder });
  await assert.rejects(
    all(first.puller.pull('m:1', install())),
    refused('engine_missing', /'other', not 'mine'/),
  );
  const lame = await shop.engine('4.0.0', { available: false });
  const second = await bench(t, [entry(hub, 'm:1', lame.pin)], { engineSource: shop.folder });
  await assert.rejects(
    all(second.puller.pull('m:1', install())),
    refused('engine_missing', /no such device/),
  );
  const { enginePin: _, ...unpinned } = misnamed;
  const third = await bench(t, [unpinned], { engineSource: shop.folder });
  await assert.rejects(
    all(third.puller.pull('m:1', install())),
    refused('engine_missing', /needs the engine 'mine'.*vox engines add/),
  );
  await all(puller.pull('m:1', install()));
  assert.ok(existsSync(layout.engines));
});

test('another pin replaces what an earlier one brought; the old one is not used meanwhile', async (t) => {
  const { puller, shop, hub, layout, home } = await setUp(t);
  await all(puller.pull('m:1', install()));
  const { pin } = await shop.engine('1.1.0');
  assert.equal(await currentRecord(layout, 'mine', pin), undefined);
  const next = await bench(t, [entry(hub, 'm:1', pin)], { home, engineSource: shop.folder });
  await all(next.puller.pull('m:1', install()));
  assert.equal((await currentRecord(layout, 'mine', pin))?.version, '1.1.0');
  assert.equal((await readdir(join(layout.engines, 'mine'))).length, 2);
});

test('killed at any moment, an installation is whole or not visible, and the next pull ends it', async (t) => {
  const { puller, home, entries, shop, layout } = await setUp(t);
  const settings = settingsFor(home, { engineSource: shop.folder });
  const worker = fileURLToPath(new URL('../pull-worker.js', import.meta.url));
  for (const afterMs of [0, 10, 20, 40, 80]) {
    const child = fork(worker, [], { serialization: 'advanced', execArgv: [] });
    const gone = once(child, 'close');
    child.on('message', (message: FromPullWorker) => {
      if (message.type !== 'event' || !message.event.status.startsWith('installing')) return;
      setTimeout(() => child.kill('SIGKILL'), afterMs);
    });
    child.send({ type: 'pull', reference: 'm:1', entries, settings, installEngines: true });
    await gone;
    if ((await readRecord(layout, 'mine')) !== undefined)
      assert.equal((await import(await engineModule(home, 'mine', 'm:1'))).default.said, 'hello');
  }
  await all(puller.pull('m:1', install()));
  assert.equal((await import(await engineModule(home, 'mine', 'm:1'))).default.said, 'hello');
});
