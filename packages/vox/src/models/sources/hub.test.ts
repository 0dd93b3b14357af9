import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gitHash, Hub, noise, settingsFor, sha256, temporaryHome } from '../hub.test.support.js';
import { Layout } from '../layout.js';
import type { ModelsSettings } from '../settings.js';
import type { PullEvent, Source, SourceFile } from '../types.js';
import type { Delivery, SourceContext } from './context.js';
import { fetchHub } from './hf.js';
import { fetchHttps } from './https.js';

const REVISION = 'c'.repeat(40);

/** What the test running now does at each event. */
let onEvent: (event: PullEvent) => void = () => undefined;

async function contextFor(t: TestContext, changes: Partial<ModelsSettings> = {}, hub?: Hub) {
  onEvent = () => undefined;
  const home = await temporaryHome(t);
  const layout = new Layout(home);
  await mkdir(layout.downloads, { recursive: true });
  const events: PullEvent[] = [];
  const context: SourceContext = {
    settings: settingsFor(home, changes),
    layout,
    work: join(home, 'work'),
    signal: new AbortController().signal,
    emit: (event) => {
      events.push(event);
      onEvent(event);
      hub?.reached(event.bytes_completed ?? 0);
    },
  };
  return { context, events };
}

function one(hub: Hub, bytes: Buffer, changes: Partial<SourceFile> = {}): Extract<Source, { type: 'https' }> {
  return { type: 'https', files: [{ as: 'x', paths: [`${hub.url}/x`], sha256: sha256(bytes), ...changes }] };
}

async function content(delivery: Delivery): Promise<Buffer[]> {
  return Promise.all(delivery.files.map((file) => readFile(file.path)));
}

test('a body cut again and again is taken up where it ended', async (t) => {
  const hub = await Hub.start(t);
  const bytes = noise(200_000);
  hub.serve('/x', bytes, { cuts: [70_000, 1, 50_000, 0] });
  const { context } = await contextFor(t, {}, hub);
  const delivery = await fetchHttps(context, one(hub, bytes));
  assert.deepEqual(await content(delivery), [bytes]);
  assert.deepEqual(
    hub.requests.map((request) => request.range),
    [undefined, 'bytes=70000-', 'bytes=70001-', 'bytes=120001-', 'bytes=120001-'],
  );
});

test('a file that changed on the server between two attempts starts anew', async (t) => {
  const hub = await Hub.start(t);
  const bytes = noise(10_000);
  hub.serve('/x', noise(10_000), { cuts: [5000], etag: '"old"' });
  const { context } = await contextFor(t, {}, hub);
  onEvent = (event) => {
    if (event.bytes_completed === 5000) hub.serve('/x', bytes, { etag: '"new"' });
  };
  assert.deepEqual(await content(await fetchHttps(context, one(hub, bytes))), [bytes]);
  assert.equal(hub.requests[1]?.range, 'bytes=5000-');
  assert.equal(hub.requests.length, 2, 'If-Range brought the whole new file');
});

test('resumed bytes that turn out wrong are fetched once more; wrong from the start is fatal and gone', async (t) => {
  const hub = await Hub.start(t);
  const bytes = noise(10_000);
  const { context } = await contextFor(t, {}, hub);
  hub.serve('/x', noise(10_000), { cuts: [5000], etag: 'W/"weak"' });
  onEvent = (event) => {
    if (event.bytes_completed === 5000) hub.serve('/x', bytes, { etag: 'W/"weak"' });
  };
  assert.deepEqual(await content(await fetchHttps(context, one(hub, bytes))), [bytes]);
  assert.equal(hub.requests.length, 3);
  hub.serve('/x', noise(10_000));
  await assert.rejects(fetchHttps(context, one(hub, noise(10_000))), { code: 'hash_mismatch' });
  hub.serve('/x', noise(10_001));
  await assert.rejects(fetchHttps(context, one(hub, noise(10_000), { size: 10_000 })), {
    code: 'hash_mismatch',
  });
  assert.deepEqual(await readdir(context.layout.downloads), [sha256(bytes)]);
});

test('servers without Range are read from the beginning; busy ones are asked again', async (t) => {
  const hub = await Hub.start(t);
  const bytes = noise(10_000);
  hub.serve('/x', bytes, { cuts: [4000], ignoreRange: true, statuses: [503, 429] });
  const { context } = await contextFor(t, {}, hub);
  assert.deepEqual(await content(await fetchHttps(context, one(hub, bytes))), [bytes]);
  assert.equal(hub.requests.length, 4);
});

test('a server that falls silent is cut and, in the end, counts as unreachable', async (t) => {
  const hub = await Hub.start(t);
  const bytes = noise(10_000);
  hub.serve('/x', bytes, { holdAfter: 0 });
  const { context } = await contextFor(t, { stallMs: 60, attempts: 2 });
  await assert.rejects(fetchHttps(context, one(hub, bytes)), {
    code: 'source_failed',
    message: /no byte for/,
  });
  assert.equal(hub.requests.length, 2);
});

test('the hub: pinned and unpinned files, folders, the token, and the listing’s hashes', async (t) => {
  const hub = await Hub.start(t);
  const cdn = await Hub.start(t);
  const [weights, config] = [noise(50_000), Buffer.from('{"a":1}')];
  hub.repository('org/repo', REVISION, { 'en/model.bin': weights, 'en/config.json': config }, [
    'en/model.bin',
  ]);
  const elsewhere = cdn.serve('/blob', weights);
  hub.serve(`/org/repo/resolve/${REVISION}/en/model.bin`, weights, { redirect: elsewhere });
  const { context, events } = await contextFor(t, { hfEndpoint: hub.url, hfToken: 'hf_secret' });
  const source = (sha?: string): Extract<Source, { type: 'hf' }> => ({
    type: 'hf',
    repository: 'org/repo',
    revision: REVISION,
    files: [
      { as: 'model.bin', paths: ['en/model.bin'], ...(sha ? { sha256: sha } : {}) },
      { as: 'config.json', paths: ['en/config.json'] },
    ],
  });
  assert.deepEqual(await content(await fetchHub(context, source())), [weights, config]);
  assert.ok(hub.requests.every((request) => request.authorization === 'Bearer hf_secret'));
  assert.deepEqual(
    cdn.requests.map((request) => request.authorization),
    [undefined],
  );
  assert.ok(events.some((event) => /model\.bin, config\.json: verified against the hub/.test(event.status)));
  assert.equal((await readdir(context.layout.downloads)).includes(sha256(weights)), true);
  await rm(context.work, { recursive: true });
  await fetchHub(context, source(sha256(weights)));
  assert.equal(cdn.requests.length, 1, 'the verified download is used again');
});

test('the hub: a small file that is not the one of the commit is fatal', async (t) => {
  const hub = await Hub.start(t);
  hub.repository('org/repo', REVISION, { 'config.json': Buffer.from('right') }, []);
  hub.serve(`/org/repo/resolve/${REVISION}/config.json`, Buffer.from('wrong'));
  const { context } = await contextFor(t, { hfEndpoint: `${hub.url}/` });
  const source: Extract<Source, { type: 'hf' }> = {
    type: 'hf',
    repository: 'org/repo',
    revision: REVISION,
    files: [{ as: 'config.json', paths: ['config.json'] }],
  };
  await assert.rejects(fetchHub(context, source), {
    code: 'hash_mismatch',
    message: new RegExp(gitHash(Buffer.from('right'))),
  });
});

test('the hub: offline, gated, missing and strange answers are a source that failed', async (t) => {
  const hub = await Hub.start(t);
  const listing = `/api/models/org/repo/tree/${REVISION}`;
  const source: Extract<Source, { type: 'hf' }> = {
    type: 'hf',
    repository: 'org/repo',
    revision: REVISION,
    files: [{ as: 'x', paths: ['x'] }],
  };
  const failing = async (message: RegExp, changes: Partial<ModelsSettings> = {}) => {
    const { context } = await contextFor(t, { hfEndpoint: hub.url, ...changes });
    await assert.rejects(fetchHub(context, source), { code: 'source_failed', message });
  };
  await failing(/HF_HUB_OFFLINE/, { hfOffline: true });
  await failing(/404/);
  hub.serve(listing, Buffer.from(''), { statuses: [401] });
  await failing(/HF_TOKEN/);
  hub.serve(listing, Buffer.from('<html>'));
  await failing(/does not answer like a model hub/);
  hub.serve(listing, Buffer.from('[]'));
  await failing(/has no x at/);
});
