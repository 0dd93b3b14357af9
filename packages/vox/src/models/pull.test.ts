import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { all } from '../transport/waiting.test.support.js';
import { bench, entryOf, Hub, noise, settingsFor, sha256, temporaryHome } from './hub.test.support.js';
import { Puller } from './pull.js';
import { parseReference } from './reference.js';
import { Store } from './store.js';
import type { CatalogEntry, Source } from './types.js';

const never = () => new AbortController().signal;

function https(hub: Hub, files: Record<string, Buffer>, behaviour: Parameters<Hub['serve']>[2] = {}): Source {
  return {
    type: 'https',
    files: Object.entries(files).map(([name, bytes]) => ({
      as: name,
      paths: [hub.serve(`/${name}`, bytes, behaviour)],
      size: bytes.length,
      sha256: sha256(bytes),
    })),
  };
}

test('a pull makes a model visible and ends with success; a second one transfers nothing', async (t) => {
  const hub = await Hub.start(t);
  const bytes = noise(300_000);
  const { puller, store } = await bench(t, [
    entryOf('m:1', [https(hub, { 'model.bin': bytes, 'a/b.json': noise(10) })]),
  ]);
  const events = await all(puller.pull('m:1', { signal: never() }));
  assert.deepEqual(events[0], { status: 'pulling m:1' });
  assert.deepEqual(events.at(-1), { status: 'success' });
  const progress = events.filter((event) => event.status === 'downloading model.bin').at(-1);
  assert.deepEqual(progress, {
    status: 'downloading model.bin',
    completed: 0,
    total: 2,
    digest: `sha256-${sha256(bytes)}`,
    bytes_completed: 300_000,
    bytes_total: 300_000,
  });
  const manifest = await store.get(parseReference('m:1'));
  assert.ok(manifest && !manifest.companion);
  assert.deepEqual(await readFile(join(await store.viewDirectory(manifest), 'model.bin')), bytes);
  assert.deepEqual(await readdir(store.layout.downloads), []);
  const before = hub.requests.length;
  assert.deepEqual((await all(puller.pull('m:1', { signal: never() }))).at(-1), { status: 'success' });
  assert.equal(hub.requests.length, before);
  assert.deepEqual(puller.running, []);
});

test('a damaged blob is noticed by the next pull and fetched again', async (t) => {
  const hub = await Hub.start(t);
  const bytes = noise(1000);
  const { puller, store } = await bench(t, [entryOf('m:1', [https(hub, { x: bytes })])]);
  await all(puller.pull('m:1', { signal: never() }));
  await writeFile(store.layout.blob(`sha256-${sha256(bytes)}`), noise(1000));
  await writeFile(
    store.layout.manifest(parseReference('m:1')),
    await readFile(store.layout.manifest(parseReference('m:1'))),
  );
  const events = await all(puller.pull('m:1', { signal: never() }));
  assert.ok(events.some((event) => event.status === 'warning' && /damaged/.test(event.error ?? '')));
  const manifest = await store.get(parseReference('m:1'));
  assert.ok(manifest);
  assert.deepEqual(await readFile(join(await store.viewDirectory(manifest), 'x')), bytes);
  await writeFile(store.layout.manifest(parseReference('m:1')), 'broken');
  await all(puller.pull('m:1', { signal: never() }));
  assert.ok(await store.get(parseReference('m:1')));
});

test('many who ask for one model share one transfer; a companion of two models is fetched once', async (t) => {
  const hub = await Hub.start(t);
  const data = entryOf('data:1', [https(hub, { data: noise(50_000) })]);
  const models = ['a', 'b'].map((name) =>
    entryOf(`${name}:1`, [https(hub, { [name]: noise(50_000) })], { needs: ['data:1'], kind: 'tts' }),
  );
  const { puller, store, settings, catalog } = await bench(t, [data, ...models]);
  const second = new Puller({ settings, catalog });
  t.after(() => second.close());
  const pulls = ['a:1', 'b:1', 'a:1', 'a:1'].map((name) => all(puller.pull(name, { signal: never() })));
  const elsewhere = all(second.pull('a:1', { signal: never() }));
  for (const events of await Promise.all([...pulls, elsewhere]))
    assert.deepEqual(events.at(-1), { status: 'success' });
  assert.deepEqual(
    ['/data', '/a', '/b'].map((path) => hub.count(path)),
    [1, 1, 1],
  );
  const { models: listed } = await store.list();
  assert.deepEqual(
    listed.map((model) => [model.reference, model.companion]),
    [
      ['a:1', false],
      ['b:1', false],
      ['data:1', true],
    ],
  );
});

test('a source that cannot be reached is skipped with a warning, a wrong hash is fatal', async (t) => {
  const hub = await Hub.start(t);
  const bytes = noise(2000);
  const gone: Source = {
    type: 'https',
    files: [{ as: 'x', paths: [`${hub.url}/gone`], size: 2000, sha256: sha256(bytes) }],
  };
  const closed: Source = {
    type: 'https',
    files: [{ as: 'x', paths: ['http://127.0.0.1:1/x'], sha256: sha256(bytes) }],
  };
  const offline: Source = {
    type: 'hf',
    repository: 'o/r',
    revision: '0'.repeat(40),
    files: [{ as: 'x', paths: ['x'] }],
  };
  const wrong: Source = {
    type: 'https',
    files: [{ as: 'x', paths: [hub.serve('/wrong', noise(2000))], sha256: sha256(bytes) }],
  };
  const { puller, store } = await bench(
    t,
    [
      entryOf('m:1', [gone, closed, offline, https(hub, { x: bytes })]),
      entryOf('w:1', [wrong, https(hub, { x: bytes })]),
      entryOf('n:1', [gone, closed]),
    ],
    { hfOffline: true },
  );
  const events = await all(puller.pull('m:1', { signal: never() }));
  const warnings = events.filter((event) => event.status === 'warning').map((event) => event.error);
  assert.equal(warnings.length, 3);
  assert.match(String(warnings), /404.*127\.0\.0\.1:1.*HF_HUB_OFFLINE/s);
  await assert.rejects(all(puller.pull('w:1', { signal: never() })), { code: 'hash_mismatch' });
  await assert.rejects(all(puller.pull('n:1', { signal: never() })), { code: 'source_failed' });
  assert.deepEqual(await readdir(store.layout.downloads), []);
  assert.deepEqual(
    (await store.list()).models.map((model) => model.reference),
    ['m:1'],
  );
});

test('the transfer stops when the last listener leaves, and the next pull goes on with its bytes', async (t) => {
  const hub = await Hub.start(t);
  const bytes = noise(400_000);
  const source = https(hub, { x: bytes }, { holdAfter: 100_000 });
  const { puller, store } = await bench(t, [entryOf('m:1', [source])]);
  const [first, second] = [new AbortController(), new AbortController()];
  const reading = async (signal: AbortSignal, enough: () => void) => {
    for await (const event of puller.pull('m:1', { signal })) if (event.bytes_completed === 100_000) enough();
  };
  const one = assert.rejects(
    reading(first.signal, () => first.abort()),
    { code: 'cancelled' },
  );
  const two = assert.rejects(
    reading(second.signal, () => void one.then(() => second.abort())),
    { code: 'cancelled' },
  );
  await Promise.all([one, two]);
  assert.equal(hub.requests.length, 1, 'the first to leave did not stop it');
  hub.release();
  await all(puller.pull('m:1', { signal: never() }));
  assert.equal(hub.requests.at(-1)?.range, 'bytes=100000-');
  assert.ok(await store.get(parseReference('m:1')));
});

test('killed at any byte, the next pull goes on where the dead one stopped', async (t) => {
  const worker = fileURLToPath(new URL('./pull-worker.js', import.meta.url));
  for (const at of [1, 65_537, 250_000, 499_999]) {
    const hub = await Hub.start(t);
    const home = await temporaryHome(t);
    const bytes = noise(500_000);
    const entry: CatalogEntry = entryOf('m:1', [https(hub, { x: bytes }, { holdAfter: at })]);
    const settings = settingsFor(home);
    const child = fork(worker, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.send({ type: 'pull', reference: 'm:1', entries: [entry], settings });
    const part = join(home, 'tmp', 'downloads', `${sha256(bytes)}.part`);
    while ((await stat(part).catch(() => undefined))?.size !== at)
      await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGKILL');
    await once(child, 'close');
    assert.deepEqual((await (await Store.open(home)).list()).models, []);
    hub.behaviours.set('/x', {});
    const { puller, store } = await bench(t, [entry], { home });
    await all(puller.pull('m:1', { signal: never() }));
    assert.deepEqual(
      hub.requests.map((request) => request.range),
      [undefined, `bytes=${at}-`],
    );
    assert.equal(hub.requests.at(-1)?.sent, 500_000 - at, 'nothing is fetched twice');
    const manifest = await store.get(parseReference('m:1'));
    assert.ok(manifest);
    assert.deepEqual(await readFile(join(await store.viewDirectory(manifest), 'x')), bytes);
  }
});

test('a pull process whose parent is gone ends by itself', async (t) => {
  const hub = await Hub.start(t);
  const home = await temporaryHome(t);
  const entry = entryOf('m:1', [https(hub, { x: noise(1000) }, { holdAfter: 10 })]);
  const settings = settingsFor(home);
  const child = fork(fileURLToPath(new URL('./pull-worker.js', import.meta.url)), {
    serialization: 'advanced',
  });
  child.send({ type: 'pull', reference: 'm:1', entries: [entry], settings });
  await once(child, 'message');
  const exit = once(child, 'exit');
  child.disconnect();
  const [code] = await exit;
  assert.equal(code, 1);
});

test('limits and names: unknown, one too many, closed', async (t) => {
  const hub = await Hub.start(t);
  const entries = ['a', 'b'].map((name) =>
    entryOf(`${name}:1`, [https(hub, { [name]: noise(10) }, { holdAfter: 1 })]),
  );
  const { puller } = await bench(t, entries, { maxPulls: 1 });
  await assert.rejects(all(puller.pull('zzz:1', { signal: never() })), { code: 'model_unknown' });
  await assert.rejects(all(puller.pull('../a:1', { signal: never() })), { code: 'invalid_request' });
  const running = assert.rejects(all(puller.pull('a:1', { signal: never() })), { code: 'shutting_down' });
  await assert.rejects(all(puller.pull('b:1', { signal: never() })), { code: 'overloaded' });
  await puller.close();
  await running;
  await assert.rejects(all(puller.pull('b:1', { signal: never() })), { code: 'shutting_down' });
});

test('what cannot fit on the disk is refused before a byte is fetched', async (t) => {
  const hub = await Hub.start(t);
  const file = { as: 'x', paths: [`${hub.url}/x`], size: 2 ** 52, sha256: '0'.repeat(64) };
  const { puller } = await bench(t, [entryOf('m:1', [{ type: 'https', files: [file] }])]);
  await assert.rejects(all(puller.pull('m:1', { signal: never() })), {
    code: 'disk_full',
    message: /VOX_HOME/,
  });
  assert.equal(hub.requests.length, 0);
});

test('a folder on this machine is a source, its files joined in order and verified', async (t) => {
  const home = await temporaryHome(t);
  const [one, two] = [noise(1000), noise(500)];
  const folder = join(home, 'carried');
  await mkdir(folder);
  await writeFile(join(folder, 'one'), one);
  await writeFile(join(folder, 'two'), two);
  const file = { as: 'x', paths: [join(folder, 'one'), `file://${join(folder, 'two')}`] };
  const right = { ...file, sha256: sha256(Buffer.concat([one, two])) };
  const wrong = { ...file, sha256: sha256(one) };
  const entries = [
    entryOf('m:1', [{ type: 'file', files: [right] }]),
    entryOf('w:1', [{ type: 'file', files: [wrong] }]),
  ];
  const { puller, store } = await bench(t, entries, { home });
  await all(puller.pull('m:1', { signal: never() }));
  const manifest = await store.get(parseReference('m:1'));
  assert.equal(manifest?.files[0]?.size, 1500);
  assert.deepEqual(await readFile(join(folder, 'one')), one);
  await assert.rejects(all(puller.pull('w:1', { signal: never() })), { code: 'hash_mismatch' });
});
