import assert from 'node:assert/strict';
import { test } from 'node:test';
import { all } from '../../transport/waiting.test.support.js';
import { bench, entryOf, Hub, noise, sha256 } from '../hub.test.support.js';
import { parseReference } from '../reference.js';
import type { Source } from '../types.js';
import { BUILT_IN, Catalog } from './index.js';
import { downloadBytes } from './terms.js';

const signal = new AbortController().signal;

test('every model without an engine here fails with one sentence, before anything is asked or written', async (t) => {
  const { puller, store } = await bench(t, BUILT_IN, {});
  const missing = BUILT_IN.filter((entry) => entry.unavailable !== undefined);
  assert.ok(missing.length >= 17, String(missing.length));
  for (const { reference, unavailable } of missing) {
    const message = `${reference} needs the engine '${unavailable?.engine}', which this Vox does not have; use ${unavailable?.instead} instead`;
    await assert.rejects(all(puller.pull(reference, { signal, acceptLicense: true })), {
      code: 'engine_missing',
      message,
    });
  }
  assert.deepEqual(puller.running, []);
  assert.deepEqual((await store.list()).models, []);
});

test('a licence without commercial use asks for consent, also of what a model needs; consent is recorded', async (t) => {
  const hub = await Hub.start(t);
  const source = (name: string): Source => {
    const bytes = noise(100);
    return {
      type: 'https',
      files: [{ as: name, paths: [hub.serve(`/${name}`, bytes)], sha256: sha256(bytes) }],
    };
  };
  const license = { id: 'CC-BY-NC-4.0', url: 'https://example.com/nc', nonCommercial: true };
  const { puller, store } = await bench(t, [
    entryOf('nc:1', [source('a')], { license }),
    entryOf('user:1', [source('b')], { needs: ['nc:1'] }),
    entryOf('free:1', [source('c')]),
  ]);
  for (const name of ['nc:1', 'user:1'])
    await assert.rejects(all(puller.pull(name, { signal })), {
      code: 'license_not_accepted',
      param: 'accept_license',
      message: /nc:1 is licensed under CC-BY-NC-4\.0 \(https:\/\/example\.com\/nc\).*--accept-license/,
    });
  assert.equal(hub.requests.length, 0);
  await all(puller.pull('user:1', { signal, acceptLicense: true }));
  await all(puller.pull('free:1', { signal }));
  const accepted = await Promise.all(
    ['nc:1', 'user:1', 'free:1'].map(
      async (name) => (await store.get(parseReference(name)))?.licenseAccepted,
    ),
  );
  assert.deepEqual(accepted, [true, undefined, undefined]);
  assert.deepEqual((await store.get(parseReference('nc:1')))?.license, license);
});

test('a Piper voice is compared with the publisher’s MD5 beside the hub’s own hash', async (t) => {
  const hub = await Hub.start(t);
  const revision = 'e'.repeat(40);
  const bytes = noise(1_000);
  hub.repository('rhasspy/voices', revision, { 'v.onnx': bytes }, ['v.onnx']);
  const { createHash } = await import('node:crypto');
  const right = createHash('md5').update(bytes).digest('hex');
  const source = (md5: string): Source => ({
    type: 'hf',
    repository: 'rhasspy/voices',
    revision,
    files: [{ as: 'voice.onnx', paths: ['v.onnx'], size: 1_000, md5 }],
  });
  const { puller, store } = await bench(
    t,
    [entryOf('good:1', [source(right)]), entryOf('bad:1', [source('0'.repeat(32))])],
    { hfEndpoint: hub.url },
  );
  await all(puller.pull('good:1', { signal }));
  const manifest = await store.get(parseReference('good:1'));
  assert.deepEqual(manifest?.hashes, [
    { file: 'voice.onnx', digest: `sha256-${sha256(bytes)}`, size: 1_000, statedBy: 'hub' },
  ]);
  await assert.rejects(all(puller.pull('bad:1', { signal })), {
    code: 'hash_mismatch',
    message: new RegExp(right),
  });
});

test('the size of a download: archives as they are, files as far as they are known', () => {
  const catalog = new Catalog();
  const size = (name: string) => downloadBytes(catalog.get(name));
  assert.equal(size('matcha:en-us-ljspeech'), 76_741_121 + 53_884_024);
  assert.equal(size('parakeet:tdt-0.6b-v3'), 670_478_772);
  assert.equal(size('whisper:small'), 483_546_902);
  assert.equal(size('orpheus:medium-3b'), 0);
});
