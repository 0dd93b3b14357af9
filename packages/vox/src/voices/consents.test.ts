import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { encodeWav } from '@vox-speech/audio';
import { ConsentStore } from './index.js';

const WAV = Buffer.from(encodeWav(new Float32Array(100), 16_000));
let home = '';
let store = new ConsentStore('/');
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vox-consents-'));
  store = new ConsentStore(home);
  await writeFile(join(home, 'in.wav'), WAV);
});
afterEach(() => rm(home, { recursive: true, force: true }));

test('a consent is made, listed, renamed and removed; its recording is kept as it came', async () => {
  const consent = await store.create(join(home, 'in.wav'), { name: 'Ada', language: 'en-US' });
  assert.match(consent.id, /^cons_[0-9a-f]{16}$/);
  assert.ok(Math.abs(consent.createdAt - Date.now() / 1000) < 60);
  const folder = join(home, 'voice-consents', consent.id);
  assert.deepEqual(await readFile(join(folder, 'recording')), WAV);
  assert.deepEqual(await store.list(), [consent]);
  const renamed = await store.rename(consent.id, 'Ada L.');
  assert.deepEqual(renamed, { ...consent, name: 'Ada L.' });
  assert.deepEqual([await store.get(consent.id), (await readdir(folder)).length], [renamed, 2]);
  await store.remove(consent.id);
  assert.deepEqual([await store.list(), await readdir(join(home, 'tmp'))], [[], []]);
  await assert.rejects(store.remove(consent.id), { code: 'not_found' });
});

test('what is no sound is refused and leaves nothing; what lies about is no consent', async () => {
  await writeFile(join(home, 'in.txt'), 'I agree.');
  await assert.rejects(store.create(join(home, 'in.txt'), { name: 'a', language: 'en' }), {
    code: 'unsupported_media',
    param: 'recording',
  });
  assert.deepEqual(await readdir(home), ['in.txt', 'in.wav']);
  const odd = join(home, 'voice-consents', 'cons_0123456789abcdef');
  await mkdir(odd, { recursive: true });
  for (const metadata of ['', 'null', '{"name":1}', '{"name":"a","language":"en"}']) {
    await writeFile(join(odd, 'metadata.json'), metadata);
    await writeFile(join(odd, 'recording'), WAV);
    assert.deepEqual(await store.list(), []);
  }
  for (const id of ['../voices', 'cons_..', '', 'cons_0123456789ABCDEF'])
    await assert.rejects(store.get(id), { code: 'not_found' });
});
