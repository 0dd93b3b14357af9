/** Sixty encodings of one clip: whatever it is wrapped in, the same words come out. Names and types say nothing true. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { wordsOf } from '../../tools/words.mjs';
import { NO_MODELS, speak, startServer, upload } from './server.mjs';

const run = promisify(execFile);
const FFMPEG = process.env.VOX_TEST_FFMPEG;
const SENTENCE = 'The quick brown fox jumps over the lazy dog near the garden wall.';

/** Rate in Hz and channels. */
const SHAPES = [
  [16_000, 1],
  [22_050, 1],
  [24_000, 2],
  [44_100, 2],
  [48_000, 2],
];
const PICTURE = ['-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=5', '-shortest'];
/** Name, container, and how ffmpeg makes it. */
const FORMATS = [
  ['24-bit WAV', 'wav', ['-c:a', 'pcm_s24le']],
  ['FLAC', 'flac', ['-c:a', 'flac']],
  ['MP3', 'mp3', ['-c:a', 'libmp3lame', '-b:a', '64k']],
  ['AAC', 'adts', ['-c:a', 'aac', '-b:a', '64k']],
  ['Ogg Vorbis', 'ogg', ['-c:a', 'libvorbis']],
  ['Opus', 'ogg', ['-c:a', 'libopus', '-b:a', '32k']],
  ['WebM', 'webm', ['-c:a', 'libopus', '-b:a', '32k']],
  ['M4A', 'ipod', ['-c:a', 'aac', '-b:a', '64k']],
  ['MP4 video', 'mp4', ['-c:v', 'mpeg4', '-c:a', 'aac', '-b:a', '64k'], PICTURE],
  ['Matroska video', 'matroska', ['-c:v', 'mpeg4', '-c:a', 'flac'], PICTURE],
  ['AIFF', 'aiff', ['-c:a', 'pcm_s16be']],
  ['CAF', 'caf', ['-c:a', 'alac']],
];
/** Encoders take whole rates that they know; Opus has its own. */
const OPUS_RATES = { 22050: 24_000, 44100: 48_000 };

describe('sixty encodings of one clip', { skip: NO_MODELS }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vox-formats-'));
  let server;
  let expected;
  before(async () => {
    server = await startServer();
    const wav = await speak(server.url, SENTENCE);
    writeFileSync(join(folder, 'clip.wav'), wav);
    expected = wordsOf((await (await upload(server.url, wav)).json()).text);
    assert.ok(expected.length >= 12);
  });
  after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [name, container, codec, extra = []] of FORMATS)
    it(`${name}: five rates and channel counts`, async () => {
      const heard = SHAPES.map(async ([rate, channels]) => {
        const hz = codec.includes('libopus') ? (OPUS_RATES[rate] ?? rate) : rate;
        const path = join(folder, `${name}-${rate}-${channels}`);
        const from = ['-nostdin', '-v', 'error', '-i', join(folder, 'clip.wav'), ...extra];
        await run(FFMPEG, [...from, ...codec, '-ar', `${hz}`, '-ac', `${channels}`, '-f', container, path]);
        const answer = await upload(server.url, readFileSync(path), {}, { name: 'notes.txt' });
        const { text, detail } = await answer.json();
        assert.deepEqual(wordsOf(text ?? detail), expected, `${rate} Hz, ${channels} channels`);
      });
      await Promise.all(heard);
    });
});
