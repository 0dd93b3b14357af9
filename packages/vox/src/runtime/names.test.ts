import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryHome } from '../models/hub.test.support.js';
import { Catalog, parseReference, Store } from '../models/index.js';
import { writeManifest } from '../models/manifest.js';
import { manifest } from './fake-runtime.test.support.js';
import { Names } from './names.js';

test('a request for a model that nothing here runs is told what to use, not to pull it', async (t) => {
  const names = new Names(new Catalog(), await Store.open(await temporaryHome(t)), {});
  await assert.rejects(names.forJob('orpheus-tts', 'tts'), {
    code: 'model_not_pulled',
    message: /needs the engine 'orpheus-tts-vllm'.*use kokoro:v1\.0 instead/,
  });
  await assert.rejects(names.forJob('whisper:small', 'stt'), {
    code: 'model_not_pulled',
    message: /vox pull whisper:small$/,
  });
  await assert.rejects(names.forJob('nothing:1', 'stt'), { code: 'model_unknown' });
});

test('a name that stands for a model is that model, and is listed; removing takes real names only', async (t) => {
  const store = await Store.open(await temporaryHome(t));
  for (const [reference, kind] of [
    ['whisper:base', 'stt'],
    ['whisper:base.en', 'stt'],
    ['piper:joe', 'tts'],
  ] as const)
    await writeManifest(store.layout.manifest(parseReference(reference)), manifest(reference, kind));
  const aliases = [
    { name: 'whisper-1', target: 'whisper:base.en' },
    { name: 'whisper-1', target: 'piper:joe' },
    { name: 'acme/ears', target: 'whisper:base' },
    { name: 'absent', target: 'whisper:large-v3' },
  ];
  const names = new Names(new Catalog(), store, { aliases, tts: 'piper:joe' });
  const heard = async (model: string) => (await names.forJob(model, 'stt')).reference;
  assert.equal(await heard('whisper-1'), 'whisper:base.en', 'the first of a name counts');
  assert.equal(await heard('acme/ears'), 'whisper:base');
  assert.equal(await heard('gpt-4o-transcribe'), 'whisper:base', 'the default: first by name');
  for (const name of ['nova-3', 'nova-2-phonecall', 'enhanced', 'base-general', 'whisper-large'])
    assert.equal(await heard(name), 'whisper:base', `${name}: Deepgram’s`);
  for (const name of ['base', 'novae', 'eleven', 'whisper-huge'])
    await assert.rejects(heard(name), { code: 'model_unknown' }, name);
  assert.equal((await names.forJob('eleven_flash_v2_5', 'tts')).reference, 'piper:joe');
  assert.equal((await names.shown('tts-1')).reference, 'piper:joe');
  await assert.rejects(names.forJob('tts-1', 'stt'), {
    code: 'wrong_kind',
    message: /'piper:joe' is not an STT/,
  });
  await assert.rejects(names.forJob('absent', 'stt'), {
    code: 'model_not_pulled',
    message: /vox pull whisper:large-v3/,
  });
  await assert.rejects(names.pulled('whisper-1'), { code: 'model_unknown' });
  const listed = await names.aliases();
  assert.deepEqual(
    listed
      .filter(({ name }) => !name.startsWith('gpt-'))
      .map(({ name, manifest }) => [name, manifest.reference]),
    [
      ['whisper-1', 'whisper:base.en'],
      ['acme/ears', 'whisper:base'],
      ['tts-1', 'piper:joe'],
      ['tts-1-hd', 'piper:joe'],
    ],
  );
  assert.equal(new Set(listed.map(({ name }) => name)).size, listed.length);
  // What --auto-pull pulls.
  assert.equal(names.wanted('absent', 'stt'), 'whisper:large-v3');
  assert.equal(names.wanted('tts-1', 'tts'), 'piper:joe');
  assert.equal(names.wanted('whisper:small', 'stt'), 'whisper:small');
  assert.equal(names.wanted('', 'stt'), undefined);
});

test('the default is a model of this machine before one that runs elsewhere', async (t) => {
  const store = await Store.open(await temporaryHome(t));
  const names = new Names(new Catalog(), store, {});
  const heard = async () => (await names.forJob('', 'stt')).reference;
  const elsewhere = { ...manifest('qwen3-asr:1.7b', 'stt'), engine: 'remote', files: [] };
  await writeManifest(store.layout.manifest(parseReference('qwen3-asr:1.7b')), elsewhere);
  assert.equal(await heard(), 'qwen3-asr:1.7b');
  await writeManifest(store.layout.manifest(parseReference('whisper:base')), manifest('whisper:base', 'stt'));
  assert.equal(await heard(), 'whisper:base');
});

test('an empty machine has no alias to list', async (t) => {
  const names = new Names(new Catalog(), await Store.open(await temporaryHome(t)), {});
  assert.deepEqual(await names.aliases(), []);
});
