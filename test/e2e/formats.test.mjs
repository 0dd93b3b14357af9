/** Real weights: whatever a recording comes in, the same words are heard. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { wordsOf } from '../../tools/words.mjs';
import { encoded, FIVE_SHAPES, MORE_FORMATS, TWELVE_FORMATS, WAV_VARIANTS } from './clips.mjs';
import { NO_MODELS, speak, startServer, upload, VOX } from './server.mjs';

const SENTENCE = 'We will meet at the station on Monday morning.';

describe('one recording in every format', { skip: NO_MODELS }, () => {
  const ffmpeg = process.env.VOX_TEST_FFMPEG;
  let server;
  let folder;
  let wav;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vox-formats-'));
    server = await startServer({ env: { VOX_FFMPEG: ffmpeg } });
    wav = await speak(server.url, SENTENCE);
    assert.deepEqual(await heard(wav), wordsOf(SENTENCE));
  });
  after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const heard = async (bytes, fields = {}, options = {}) => {
    const response = await upload(server.url, bytes, fields, { name: 'upload', ...options });
    const body = await response.json();
    assert.equal(response.status, 200, JSON.stringify(body));
    return wordsOf(body.text);
  };
  /** Two at once, as the machine has processors; each in a folder of its own. */
  const allHeard = async (cases) => {
    const wrong = [];
    const work = cases.entries();
    const worker = async () => {
      const own = mkdtempSync(join(folder, 'worker-'));
      for (const [, [name, args, shape]] of work) {
        const words = await heard(await encoded(ffmpeg, own, wav, args, shape));
        if (words.join() !== wordsOf(SENTENCE).join()) wrong.push(`${name}: ${words.join(' ')}`);
      }
    };
    await Promise.all([worker(), worker()]);
    assert.deepEqual(wrong, []);
  };

  it('60 clips: 12 formats in 5 rates and channel counts', async () => {
    const cases = Object.entries(TWELVE_FORMATS).flatMap(([name, args]) =>
      FIVE_SHAPES.map((shape) => [`${name} ${shape.join(' Hz x ')}`, args, shape]),
    );
    assert.equal(cases.length, 60);
    await allHeard(cases);
  });

  it('and what is old, of one rate, or a WAV of another kind', async () => {
    await allHeard(Object.entries({ ...MORE_FORMATS, ...WAV_VARIANTS }));
  });

  it('samples without a header, declared by fields or by the media type', async () => {
    const raw = async (rate, channels, format) =>
      encoded(ffmpeg, folder, wav, ['-f', format, format], [rate, channels]);
    const s16 = await raw(16_000, 1, 's16le');
    const fields = { input_format: 'pcm16', sample_rate: 16_000, channels: 1 };
    assert.deepEqual(await heard(s16, fields), wordsOf(SENTENCE));
    assert.deepEqual(await heard(s16, fields, { path: '/api/transcribe' }), wordsOf(SENTENCE));
    const typed = new Blob([s16], { type: 'audio/L16;rate=16000;channels=1' });
    assert.deepEqual(await heard(typed), wordsOf(SENTENCE));
    const f32 = await raw(44_100, 2, 'f32le');
    const floats = { input_format: 'f32le', sample_rate: 44_100, channels: 2 };
    assert.deepEqual(await heard(f32, floats), wordsOf(SENTENCE));
    const path = join(folder, 'capture.raw');
    writeFileSync(path, f32);
    const described = ['--input-format', 'f32le', '--sample-rate', '44100', '--channels', '2'];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [VOX, 'run', 'whisper:tiny.en', path, ...described],
      { env: { ...process.env, VOX_HOST: server.url } },
    );
    assert.deepEqual(wordsOf(stdout), wordsOf(SENTENCE));
    // A header stands above what is said of the file, and the answer says so.
    const response = await upload(server.url, wav, { input_format: 'pcm16', sample_rate: 8000 });
    assert.match(response.headers.get('x-vox-warning') ?? '', /input_format: .*its header was used/);
    assert.deepEqual(wordsOf((await response.json()).text), wordsOf(SENTENCE));
  });

  it('leaves nothing behind', () => {
    assert.deepEqual(readdirSync(join(process.env.VOX_TEST_HOME, 'tmp/uploads', String(server.pid))), []);
  });
});
