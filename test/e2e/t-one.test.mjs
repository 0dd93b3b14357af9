/** The T-one routes on real weights: the command line's client, encoded pieces of a session, and the demo's WebSocket. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { encoded, TWELVE_FORMATS } from './clips.mjs';
import { NO_MODELS, NO_SHARED_AUDIO, SHARED_AUDIO, startServer, VOX } from './server.mjs';
import { pcmAsWav } from './wav.mjs';

const run = promisify(execFile);
const RATE = 16_000;
/** Of the speech: nothing else is said there, and half of it is half the work. */
const [FROM_SECONDS, TO_SECONDS] = [2.8, 8];
/** Only this one knows Russian; the other is the fastest. */
const RUSSIAN_MODEL = 'whisper:base';
const RUSSIAN = join(SHARED_AUDIO, 'russian-8k.flac');
const FFMPEG = process.env.VOX_TEST_FFMPEG;
/** Seconds of silence that an encoder may add. */
const PADDING = 0.15;
/** Whisper puts marks where phrases are cut. */
const HEARD = /ask not\W+what your country can do for you/i;

describe('the T-one routes', { skip: NO_MODELS || NO_SHARED_AUDIO }, () => {
  let folder;
  let pcm;
  let clip;
  let vox;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vox-t-one-'));
    clip = join(folder, 'jfk.wav');
    const speech = readFileSync(join(SHARED_AUDIO, 'jfk.wav')).subarray(44);
    pcm = speech.subarray(2 * RATE * FROM_SECONDS, 2 * RATE * TO_SECONDS);
    writeFileSync(clip, pcmAsWav(pcm, RATE));
    vox = await startServer({
      env: { VOX_STT_MODEL: 'whisper:tiny.en', ...(FFMPEG && { VOX_FFMPEG: FFMPEG }) },
    });
  });
  after(async () => {
    await vox?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const post = async (path, fields = { a: '' }) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    const reply = await fetch(`${vox.url}${path}`, { method: 'POST', body });
    assert.equal(reply.status, 200, await reply.clone().text());
    return reply.json();
  };
  const client = async (...args) => {
    const env = { ...process.env, VOX_HOME: process.env.VOX_TEST_HOME };
    const { stdout } = await run(process.execPath, [VOX, 'client', 't-one', ...args, '--server', vox.url], {
      env,
    });
    return stdout;
  };

  it('vox client t-one prints what the original’s example does', async () => {
    const whole = await client(clip);
    assert.match(whole, /^✓ Successfully transcribed!\nFull text: /);
    assert.match(whole, HEARD);
    assert.match(whole, /\n {2}\[\d+\.\d\ds - \d+\.\d\ds\] /);
    const parts = await client(clip, '--streaming', '--chunk-ms', '2000');
    assert.match(parts, /^✓ Session created: [0-9a-f]{8}\.\.\.\nChunk 1\/3: jfk\.wav\n→ /);
    assert.match(parts, /✓ Streaming completed\. Total \d+ phrases recognized\.\n$/);
    const said = parts.split('\n').filter((line) => line.startsWith('  ['));
    assert.match(said.map((line) => line.replace(/^.*\] /, '')).join(' '), HEARD);
  });

  it('a FLAC of 8 kHz is Russian text both ways', async () => {
    const file = new Blob([await readFile(RUSSIAN)]);
    const whole = await post(`/transcribe?language=ru&decoder=beam&model=${RUSSIAN_MODEL}`, { file });
    assert.match(whole.full_text, /[а-я]{4}/i);
    assert.equal(whole.warnings[0].option, 'decoder');
    const { state_id } = await post(`/transcribe/streaming?language=ru&model=${RUSSIAN_MODEL}`);
    const told = await post('/transcribe/streaming/chunk', { state_id, file });
    assert.equal(told.audio_duration, whole.audio_duration);
    const last = await post('/transcribe/streaming/finalize', { state_id });
    assert.match(last.phrases.map(({ text }) => text).join(' '), /[а-я]{4}/i);
  });

  it('pieces in every container that may be sent', { skip: !FFMPEG && 'no ffmpeg' }, async () => {
    const wav = readFileSync(clip);
    for (const [name, args] of Object.entries(TWELVE_FORMATS).slice(0, 5)) {
      const { state_id } = await post('/transcribe/streaming');
      const file = new Blob([await encoded(FFMPEG, folder, wav, args)]);
      const told = await post('/transcribe/streaming/chunk', { state_id, file });
      assert.ok(Math.abs(told.audio_duration - (TO_SECONDS - FROM_SECONDS)) < PADDING, name);
      const { phrases } = await post('/transcribe/streaming/finalize', { state_id });
      // What a codec does to the sound may change a small word.
      assert.match(phrases.map(({ text }) => text).join(' '), /your country can do for you/i, name);
    }
  });

  it('the demo’s WebSocket', async () => {
    const socket = new WebSocket(`${vox.url.replace('http', 'ws')}/api/ws?sample_rate=${RATE}`);
    const phrases = [];
    const ended = new Promise((resolve) => socket.once('close', resolve));
    let at = 0;
    socket.on('message', (data) => {
      const message = JSON.parse(data);
      if (message.event === 'transcript') phrases.push(message.phrase);
      if (message.event !== 'ready' || at === Number.POSITIVE_INFINITY) return;
      // The last one is empty.
      socket.send(pcm.subarray(at, at + 30_001));
      at = at >= pcm.length ? Number.POSITIVE_INFINITY : at + 30_001;
    });
    assert.equal(await ended, 1000);
    assert.match(phrases.map(({ text }) => text).join(' '), HEARD);
    assert.ok(
      phrases.every(
        ({ start_time, end_time }) => start_time <= end_time && end_time <= TO_SECONDS - FROM_SECONDS + 0.1,
      ),
    );
  });
});
