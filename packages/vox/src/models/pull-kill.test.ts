/** Pulls that are killed, that many ask for at once, and that are removed again: counted in bytes, on a real store. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { all, until } from '../transport/waiting.test.support.js';
import { bench, entryOf, Hub, noise, settingsFor, sha256, temporaryHome } from './hub.test.support.js';
import { Puller } from './pull.js';
import type { FromPullWorker } from './pull-messages.js';
import { parseReference } from './reference.js';
import { Store } from './store.js';
import type { CatalogEntry, Source } from './types.js';

const REVISION = 'd'.repeat(40);
const KILLS = 10;
const PULLS = 10;
const never = () => new AbortController().signal;

/** A model as the hub has it: a large file whose hash the hub states (LFS), one that the catalog pins, and a small one. */
function repository(hub: Hub) {
  const files = { 'model.bin': noise(3_000_000), 'decoder.bin': noise(1_000_000), 'config.json': noise(500) };
  hub.repository('org/model', REVISION, files, ['model.bin', 'decoder.bin']);
  const source: Source = {
    type: 'hf',
    repository: 'org/model',
    revision: REVISION,
    files: Object.entries(files).map(([name, bytes]) => ({
      as: name,
      paths: [name],
      ...(name === 'decoder.bin' ? { size: bytes.length, sha256: sha256(bytes) } : {}),
    })),
  };
  return { files, source, path: (name: string) => `/org/model/resolve/${REVISION}/${name}` };
}

/** A pull process of its own, as the server starts one. */
function pullProcess(t: TestContext, home: string, hub: Hub, entry: CatalogEntry) {
  const settings = settingsFor(home, { hfEndpoint: hub.url });
  const child = fork(fileURLToPath(new URL('./pull-worker.js', import.meta.url)), {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  child.send({ type: 'pull', reference: entry.reference, entries: [entry], settings });
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'close');
  child.kill('SIGKILL');
  await gone;
}

/** Bytes of every file under `downloads/` that is not whole yet, or is. */
async function downloaded(home: string): Promise<number> {
  const folder = join(home, 'tmp', 'downloads');
  let sum = 0;
  for (const name of await readdir(folder).catch(() => []))
    if (!name.endsWith('.etag')) sum += (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0;
  return sum;
}

test('a pull killed at ten random bytes and taken up each time: the right hash, and no byte twice', {
  timeout: 120_000,
}, async (t) => {
  const hub = await Hub.start(t);
  const { files, source, path } = repository(hub);
  const entry = entryOf('m:1', [source]);
  const home = await temporaryHome(t);
  const order = Object.entries(files);
  const total = order.reduce((sum, [, bytes]) => sum + bytes.length, 0);
  const places = new Set<number>();
  while (places.size < KILLS) places.add(randomInt(1, total - 500));
  const sorted = [...places].sort((a, b) => a - b);
  for (const place of sorted) {
    let before = 0;
    for (const [name, bytes] of order) {
      // The server sends up to the place, then nothing: the process is killed with exactly so many bytes on the disk.
      const inside = place - before;
      const stop = inside >= 0 && inside <= bytes.length;
      hub.behaviours.set(path(name), stop ? { holdAt: inside } : {});
      before += bytes.length;
    }
    const child = pullProcess(t, home, hub, entry);
    await until(`${place} bytes`, async () => (await downloaded(home)) === place);
    await kill(child);
    assert.equal(await downloaded(home), place, `killed at ${place} of ${sorted}`);
    assert.deepEqual(
      (await (await Store.open(home)).list()).models,
      [],
      'nothing is visible before it is whole',
    );
  }
  for (const [name] of order) hub.behaviours.set(path(name), {});
  const { puller, store } = await bench(t, [entry], { home, hfEndpoint: hub.url });
  await all(puller.pull('m:1', { signal: never() }));
  const manifest = await store.get(parseReference('m:1'));
  assert.ok(manifest);
  const view = await store.viewDirectory(manifest);
  for (const [name, bytes] of order) {
    assert.equal(sha256(await readFile(join(view, name))), sha256(bytes), `${name}, killed at ${sorted}`);
    const sent = hub.requests
      .filter((one) => one.path === path(name))
      .reduce((sum, one) => sum + one.sent, 0);
    assert.equal(sent, bytes.length, `${name}: every byte once, killed at ${sorted}`);
  }
  assert.deepEqual(
    manifest.hashes?.map(({ file, statedBy }) => [file, statedBy]),
    [
      ['decoder.bin', 'catalog'],
      ['model.bin', 'hub'],
      ['config.json', 'hub'],
    ],
  );
  assert.equal(manifest.hashes?.[1]?.digest, `sha256-${sha256(files['model.bin'])}`);
  assert.match(manifest.hashes?.[2]?.digest ?? '', /^git-[0-9a-f]{40}$/);
});

test('killed at any step after the transfer, the next pull fetches no byte again', {
  timeout: 120_000,
}, async (t) => {
  for (const step of ['storing m:1', 'downloading config.json']) {
    const hub = await Hub.start(t);
    const { files, source, path } = repository(hub);
    const entry = entryOf('m:1', [source]);
    const home = await temporaryHome(t);
    const child = pullProcess(t, home, hub, entry);
    await new Promise<void>((resolve, reject) => {
      child.on('message', ({ ...message }: FromPullWorker) => {
        if (message.type === 'event' && message.event.status === step) resolve();
        else if (message.type === 'failed') reject(new Error(message.error.message));
      });
    });
    await kill(child);
    const { puller, store } = await bench(t, [entry], { home, hfEndpoint: hub.url });
    await all(puller.pull('m:1', { signal: never() }));
    for (const name of ['model.bin', 'decoder.bin'] as const)
      assert.equal(hub.count(path(name)), 1, `${name}, killed at: ${step}`);
    const manifest = await store.get(parseReference('m:1'));
    const found = manifest?.files.find((file) => file.name === 'model.bin');
    assert.equal(found?.digest, `sha256-${sha256(files['model.bin'])}`);
    assert.equal(await downloaded(home), 0, 'nothing is left behind');
  }
});

test('ten pulls at once, each in a process of its own, make one download', {
  timeout: 120_000,
}, async (t) => {
  const hub = await Hub.start(t);
  const { files, source, path } = repository(hub);
  hub.behaviours.set(path('model.bin'), { holdAfter: 1_000 });
  const entry = entryOf('m:1', [source]);
  const { home, puller, settings, catalog, store } = await bench(t, [entry], { hfEndpoint: hub.url });
  const pullers = Array.from({ length: PULLS - 1 }, () => new Puller({ settings, catalog }));
  t.after(() => Promise.all(pullers.map((one) => one.close())));
  let waiting = 0;
  const pulls = [puller, ...pullers].map(async (one) => {
    const events: string[] = [];
    for await (const event of one.pull('m:1', { signal: never() })) {
      events.push(event.status);
      // Every process but one stands before the lock of the one that fetches; then the server goes on.
      if (event.status.startsWith('waiting') && ++waiting === PULLS - 1) hub.release();
    }
    return events.at(-1);
  });
  assert.deepEqual(
    await Promise.all(pulls),
    Array.from({ length: PULLS }, () => 'success'),
  );
  for (const [name, bytes] of Object.entries(files)) {
    const requests = hub.requests.filter((request) => request.path === path(name));
    assert.deepEqual(
      requests.map((request) => request.sent),
      [bytes.length],
      name,
    );
  }
  assert.deepEqual((await store.list()).models.length, 1);
  assert.equal(await downloaded(home), 0);
});

test('removing a model frees at once, on the disk, what no other model uses', {
  timeout: 120_000,
}, async (t) => {
  const hub = await Hub.start(t);
  const [shared, own, other, data] = [noise(200_000), noise(300_000), noise(50_000), noise(70_000)];
  const https = (files: Record<string, Buffer>): Source => ({
    type: 'https',
    files: Object.entries(files).map(([name, bytes]) => ({
      as: name,
      paths: [hub.serve(`/${sha256(bytes)}`, bytes)],
      size: bytes.length,
      sha256: sha256(bytes),
    })),
  });
  const needs = ['data:1'];
  const { home, puller, store } = await bench(t, [
    entryOf('data:1', [https({ data })]),
    entryOf('a:1', [https({ shared, own })], { needs }),
    entryOf('b:1', [https({ renamed: shared, other })], { needs }),
  ]);
  for (const name of ['a:1', 'b:1']) await all(puller.pull(name, { signal: never() }));
  const before = await used(home);
  const first = await store.remove(parseReference('a:1'));
  assert.deepEqual([first.removed, first.freedBytes], [['a:1'], own.length]);
  assert.equal(
    before - (await used(home)),
    own.length,
    'only what b does not use is gone, and it is gone now',
  );
  const b = await store.get(parseReference('b:1'));
  assert.ok(b);
  assert.deepEqual(await readFile(join(await store.viewDirectory(b), 'renamed')), shared);
  const second = await store.remove(parseReference('b:1'));
  assert.deepEqual(second.removed, ['b:1', 'data:1']);
  assert.equal(await used(home), 0, 'the companion went with the last model that needed it');
});

/** Bytes that models take on the disk: every file once, whatever names it has. */
async function used(home: string): Promise<number> {
  const sizes = new Map<number, number>();
  for (const part of ['blobs', 'views'])
    for (const file of await readdir(join(home, 'models', part), { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const found = await stat(join(file.parentPath, file.name));
      sizes.set(found.ino, found.size);
    }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
