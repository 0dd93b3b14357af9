/** The flow of the T-one wrapper's README, by Python's `requests`, against a real server with real weights. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NO_MODELS, speak, startServer } from '../e2e/server.mjs';
import { runPython, tryPrograms } from './environment.mjs';

const STT = process.env.VOX_TEST_STT ?? 'whisper:base';
const KEY = 'sesame';
const SENTENCE = 'The quick brown fox jumps over the lazy dog near the garden wall.';

const words = (phrases) =>
  phrases
    .map(({ text }) => text.toLowerCase().replace(/[.,]/g, ''))
    .join(' ')
    .split(/\s+/);

function heard(phrases) {
  const wanted = words([{ text: SENTENCE }]);
  const found = words(phrases);
  const missing = wanted.filter((word) => !found.includes(word));
  assert.ok(missing.length <= 2, `heard ${found.join(' ')}`);
}

describe('a requests client of the T-one wrapper', { skip: NO_MODELS }, () => {
  const python = NO_MODELS ? {} : tryPrograms('requests');
  if (python.reason) return void it('runs', { skip: python.reason }, () => {});

  it('transcribes, streams and fails as it expects to', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vox-t-one-'));
    const env = { VOX_COMPAT: 't-one', API_KEY: KEY, VOX_STT_MODEL: STT, WORKERS: '4' };
    const vox = await startServer({ env, args: ['--host', '127.0.0.1'] });
    try {
      const clip = join(folder, 'speech.wav');
      await writeFile(clip, await speak(vox.url, SENTENCE, {}, KEY));
      const asked = { args: [clip, '700'], env: { VOX_TEST_URL: vox.url, VOX_TEST_KEY: KEY } };
      const stdout = await runPython(python.bin, 't_one_client.py', asked);
      const { health, offline, streaming, refused } = JSON.parse(stdout);
      assert.deepEqual(health, { status: 'healthy', model_loaded: true });
      heard(offline.phrases);
      const last = offline.phrases.at(-1);
      assert.equal(offline.duration, last.end_time);
      assert.ok(offline.audio_duration >= offline.duration && offline.processing_time > 0);
      assert.equal(offline.full_text, offline.phrases.map(({ text }) => text).join(' '));
      heard(streaming.all);
      assert.deepEqual(streaming.told, streaming.all.slice(0, streaming.told.length));
      assert.deepEqual(refused, [
        [422, [{ type: 'missing', loc: ['body', 'file'], msg: 'Field required', input: null }]],
        [400, 'Empty file: e.wav'],
        [404, "State ID 'nope' not found"],
        [405, 'Method Not Allowed'],
        [401, 'Invalid or missing API key. Provide X-API-Key header'],
      ]);
    } finally {
      await vox.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
