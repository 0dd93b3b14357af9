import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Catalog } from './catalog/index.js';
import { packagedEngine } from './engines/locate.js';
import { temporaryHome } from './hub.test.support.js';
import { recipeOf } from './manifest.js';
import { parseReference } from './reference.js';
import { layOutRemote } from './remote-layout.js';
import { Store } from './store.js';
import { put } from './store.test.support.js';

const catalog = new Catalog();
const QWEN = 'Qwen/Qwen3-ASR-1.7B';

test('a model without bytes is made known without a pull, with the companions that are here', async (t) => {
  const store = await Store.open(await temporaryHome(t));
  assert.equal(await layOutRemote(store, catalog, QWEN, 'openai-transcriptions'), 'qwen3-asr:1.7b');
  const alone = await store.get(parseReference('qwen3-asr:1.7b'));
  assert.deepEqual([alone?.files, alone?.needs, alone?.engine], [[], [], 'remote']);
  // A pull still has something to do: it brings the detector.
  assert.notEqual(alone?.recipe, recipeOf(catalog.get('qwen3-asr:1.7b')));
  assert.deepEqual((await store.list()).broken, []);
  assert.ok(alone && (await store.files(alone)).directory);

  // Or the next start does, once it is here.
  await put(store, 'silero-vad:v5', { 'silero_vad.onnx': 'x' });
  await layOutRemote(store, catalog, QWEN, 'openai-transcriptions');
  assert.deepEqual((await store.get(parseReference('qwen3-asr:1.7b')))?.needs, ['silero-vad:v5']);

  const other = await Store.open(await temporaryHome(t));
  await put(other, 'silero-vad:v5', { 'silero_vad.onnx': 'x' }, { companion: true });
  assert.equal(
    await layOutRemote(other, catalog, 'voxtral:realtime-4b', 'vllm-realtime'),
    'voxtral-stt:realtime-4b',
  );
  const whole = await other.get(parseReference('voxtral-stt:realtime-4b'));
  assert.deepEqual(whole?.needs, ['silero-vad:v5']);
  assert.equal(whole?.recipe, recipeOf(catalog.get('voxtral:realtime-4b')));
});

test('one that no entry names is spoken to as the original would; what runs here is left alone', async (t) => {
  const store = await Store.open(await temporaryHome(t));
  const reference = await layOutRemote(store, catalog, '/models/../My Voxtral', 'vllm-realtime');
  assert.equal(reference, 'remote:models-.-my-voxtral');
  const manifest = await store.get(parseReference(reference));
  assert.deepEqual(
    [manifest?.parameters.served, manifest?.parameters.wire],
    ['/models/../My Voxtral', 'vllm-realtime'],
  );
  await layOutRemote(store, catalog, '/models/../My Voxtral', 'openai-transcriptions');
  assert.equal(
    (await store.get(parseReference(reference)))?.parameters.wire,
    'openai-transcriptions',
    'as the variables of now say',
  );
  for (const name of ['whisper:base', 'Not A Name', 'nothing:1'])
    assert.equal(await layOutRemote(store, catalog, name, 'vllm-realtime'), name);
  assert.equal((await store.list()).models.length, 1);
});

test('a pulled one stays as it was pulled', async (t) => {
  const store = await Store.open(await temporaryHome(t));
  await put(store, 'qwen3-asr:1.7b', {}, { engine: 'remote', description: 'pulled' });
  await layOutRemote(store, catalog, QWEN, 'openai-transcriptions');
  assert.equal((await store.get(parseReference('qwen3-asr:1.7b')))?.description, 'pulled');
});

test('the engine of remote models comes with Vox', () => {
  assert.match(packagedEngine('remote') ?? '', /remote\/dist\/index\.js$/);
});
