import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { encodeWav, floatToInt16 } from '@vox-speech/audio';
import { VoxError } from '@vox-speech/contract';
import { VoiceStore } from './index.js';

const RATE = 24_000;
const signal = new AbortController().signal;
let home = '';
let store = new VoiceStore('/');
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vox-voices-'));
  store = new VoiceStore(home);
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** A tone of so many seconds. */
function tone(seconds: number, amplitude = 0.5): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * RATE) }, (_, i) => {
    return amplitude * Math.sin((2 * Math.PI * 220 * i) / RATE);
  });
}

async function recording(samples: Float32Array, name = 'in.wav') {
  const path = join(home, name);
  await writeFile(path, encodeWav(samples, RATE, 'f32'));
  return { path };
}

test('a voice is made, listed, read and removed', async () => {
  const details = { name: 'Ada', language: 'en-us', gender: 'female', referenceText: 'Hello.' };
  const voice = await store.create(await recording(tone(1.5)), details, signal);
  assert.match(voice.id, /^[0-9a-f]{8}$/);
  assert.ok(Math.abs(voice.createdAt - Date.now() / 1000) < 60);
  assert.deepEqual(await store.list(), [voice]);
  assert.deepEqual(await readFile(voice.path), Buffer.from(encodeWav(tone(1.5), RATE, 'f32')));
  const metadata = JSON.parse(await readFile(join(home, 'voices', voice.id, 'metadata.json'), 'utf8'));
  assert.deepEqual(metadata, {
    id: voice.id,
    name: 'Ada',
    language: 'en-us',
    gender: 'female',
    reference_text: 'Hello.',
    created_at: voice.createdAt,
  });
  await store.remove(voice.id);
  assert.deepEqual(await store.list(), []);
  await assert.rejects(store.remove(voice.id), { code: 'not_found' });
  assert.deepEqual(await readdir(join(home, 'tmp')), [], 'nothing is left behind');
});

test('raw samples are read at the rate that is said', async () => {
  const path = join(home, 'in.pcm');
  await writeFile(path, floatToInt16(tone(2)));
  const voice = await store.create({ path, sampleRate: RATE }, { name: 'B', referenceText: '' }, signal);
  assert.equal(voice.bytes, encodeWav(tone(2), RATE, 'f32').length);
});

test('what is no use as a voice is refused, and leaves nothing', async () => {
  const clipped = tone(2).map((sample, i) => (i % 50 === 0 ? 1 : sample));
  const nearly = tone(2).map((sample, i) => (i % 101 === 0 ? 1 : sample));
  const cases: [Float32Array, RegExp][] = [
    [tone(0.999), /is 1\.00 s long; record at least 1 s/],
    [tone(30.01), /longer than 30 s/],
    [tone(2, 0.001), /silent: its level is 7\.1e-4/],
    [clipped, /clipped: 2\.0 %/],
  ];
  for (const [samples, message] of cases) {
    const made = store.create(await recording(samples), { name: 'A', referenceText: '' }, signal);
    await assert.rejects(made, (error) => {
      assert.ok(VoxError.is(error));
      assert.equal(error.code, 'unprocessable', error.message);
      assert.match(error.message, message);
      return true;
    });
  }
  await writeFile(join(home, 'text'), 'no audio at all, not even for a second');
  const text = store.create({ path: join(home, 'text') }, { name: 'A', referenceText: '' }, signal);
  await assert.rejects(text, { code: 'unsupported_media' });
  assert.deepEqual(await store.list(), []);
  assert.deepEqual(await readdir(join(home, 'tmp')), []);
  for (const good of [tone(1), tone(30), nearly, tone(1, 0.0015)])
    await store.create(await recording(good), { name: 'A', referenceText: '' }, signal);
  assert.equal((await store.list()).length, 4);
});

test('an aborted request leaves nothing', async () => {
  const abort = new AbortController();
  const made = store.create(await recording(tone(30)), { name: 'A', referenceText: '' }, abort.signal);
  abort.abort();
  await assert.rejects(made, { code: 'cancelled' });
  assert.deepEqual(await readdir(join(home, 'tmp')), []);
});

test('no id leads out of the folder, and what lies beside the voices changes nothing', async () => {
  const voice = await store.create(await recording(tone(1)), { name: 'A', referenceText: '' }, signal);
  const voices = join(home, 'voices');
  // What would be removed if an id could be a path.
  await writeFile(join(home, 'metadata.json'), '{"name":"trap"}');
  await writeFile(join(home, 'reference.wav'), 'trap');
  await mkdir(join(voices, 'empty'));
  await mkdir(join(voices, 'half'));
  await writeFile(join(voices, 'half', 'metadata.json'), '{"name":"half"}');
  await mkdir(join(voices, 'damaged'));
  await writeFile(join(voices, 'damaged', 'metadata.json'), '{"name":');
  await writeFile(join(voices, 'damaged', 'reference.wav'), 'x');
  await mkdir(join(voices, 'Capital'));
  await writeFile(join(voices, 'file'), 'x');
  await symlink('/nowhere', join(voices, 'link'));
  assert.deepEqual(await store.list(), [voice]);
  const ids = [
    '..',
    '.',
    '',
    '../voices',
    '/',
    home,
    '..\\x',
    'a\0b',
    'half',
    'empty',
    'Capital',
    'file',
    'link',
  ];
  for (const id of [...ids, 'damaged', `${voice.id}/../${voice.id}`, 'x'.repeat(129)]) {
    await assert.rejects(store.remove(id), { code: 'not_found' }, JSON.stringify(id));
    await assert.rejects(store.get(id), { code: 'not_found' }, JSON.stringify(id));
  }
  assert.equal((await readdir(voices)).length, 7);
  assert.equal(await readFile(join(home, 'reference.wav'), 'utf8'), 'trap');
});

test('a voice that the original made is read', async () => {
  const folder = join(home, 'voices', 'a1b2c3d4');
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'metadata.json'),
    JSON.stringify({ id: 'elsewhere', name: 'Old', language: null, is_cloned: true, created_at: 12.5 }),
  );
  await writeFile(join(folder, 'reference.wav'), encodeWav(tone(1), RATE, 'f32'));
  const [voice] = await store.list();
  assert.equal(voice?.id, 'a1b2c3d4');
  assert.equal(voice.name, 'Old');
  assert.equal(voice.createdAt, 12.5);
  assert.equal(voice.referenceText, '');
});
