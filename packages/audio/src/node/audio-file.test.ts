import assert from 'node:assert/strict';
import { appendFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { VoxError } from '@vox-speech/contract';
import { floatToInt16 } from '../pcm.js';
import { resample } from '../resample.js';
import { encodeWav, wavHeader } from '../wav-writer.js';
import { type AudioFileOptions, readAudioFile } from './audio-file.js';
import { GrowingFile } from './growing.js';
import {
  level,
  needsShared,
  SHARED_AUDIO,
  temporaryFolder,
  tone,
  voxError,
} from './testing/ffmpeg.test.support.js';

const never = new AbortController().signal;

async function readAll(options: Partial<AudioFileOptions> & { path: string }): Promise<Float32Array[]> {
  const blocks: Float32Array[] = [];
  for await (const block of readAudioFile({ format: 'wav', maxSeconds: 3600, signal: never, ...options }))
    blocks.push(block);
  return blocks;
}

function join1(blocks: Float32Array[]): Float32Array {
  return Float32Array.from(blocks.flatMap((block) => Array.from(block)));
}

test('a WAV comes in blocks of one second at the asked rate', async (t) => {
  const path = join(await temporaryFolder(t), 'a.wav');
  const samples = tone(44_100, 3.5);
  await writeFile(path, encodeWav(samples, 44_100, 'f32'));
  const blocks = await readAll({ path });
  assert.deepEqual(
    blocks.map((block) => block.length),
    [16_000, 16_000, 16_000, 8000],
  );
  assert.deepEqual(join1(blocks), resample(samples, 44_100, 16_000));
  const other = await readAll({ path, outputRate: 44_100 });
  assert.deepEqual(join1(other), samples);
});

test('raw PCM16 is read at the rate it is said to have', async (t) => {
  const path = join(await temporaryFolder(t), 'a.pcm');
  await writeFile(path, floatToInt16(tone(8000, 2)));
  assert.equal(join1(await readAll({ path, format: 'pcm16', sampleRate: 8000 })).length, 32_000);
});

test('raw floats of two channels are mixed; a last frame that is cut off is dropped', async (t) => {
  const path = join(await temporaryFolder(t), 'a.f32');
  const left = tone(16_000, 1);
  const frames = Float32Array.from({ length: 32_000 }, (_, i) => (i % 2 === 0 ? (left[i / 2] ?? 0) : 0));
  await writeFile(path, new Uint8Array(frames.buffer, 0, frames.byteLength - 5));
  const samples = join1(await readAll({ path, format: 'f32', sampleRate: 16_000, channels: 2 }));
  assert.deepEqual(
    samples,
    left.subarray(0, -1).map((x) => x / 2),
  );
  await assert.rejects(
    readAll({ path, format: 'f32', sampleRate: 8000, channels: 2, maxSeconds: 1.9 }),
    voxError('too_large'),
  );
});

test('a file that grows is followed to its end, wherever the writer pauses', async (t) => {
  const path = join(await temporaryFolder(t), 'a.wav');
  const samples = tone(16_000, 1.2);
  const bytes = encodeWav(samples, 16_000, 'f32');
  const growing = new GrowingFile();
  const reading = readAll({ path, growing });
  // The file appears late; the first pieces end inside the header and inside a sample.
  for (const [from, to] of [
    [0, 7],
    [7, 50],
    [50, 10_001],
    [10_001, bytes.length],
  ]) {
    await sleep(30);
    await appendFile(path, bytes.subarray(from, to));
  }
  growing.end();
  assert.deepEqual(join1(await reading), samples);
});

test('what is there is handed out before the writer ends', async (t) => {
  const path = join(await temporaryFolder(t), 'a.pcm');
  await writeFile(path, floatToInt16(tone(16_000, 0.25)));
  const growing = new GrowingFile();
  const blocks = readAudioFile({ path, format: 'pcm16', maxSeconds: 9, growing, signal: never });
  const first = await blocks.next();
  assert.equal(first.value?.length, 4000);
  const second = blocks.next();
  await appendFile(path, floatToInt16(tone(16_000, 0.1)));
  growing.end();
  assert.equal((await second).value?.length, 1600);
  assert.equal((await blocks.next()).done, true);
});

test("the writer's failure reaches the reader, and so does an abort while waiting", async (t) => {
  const path = join(await temporaryFolder(t), 'a.pcm');
  await writeFile(path, floatToInt16(tone(16_000, 0.25)));
  const failing = new GrowingFile();
  const failed = readAll({ path, format: 'pcm16', growing: failing });
  setTimeout(() => failing.fail(new VoxError('unsupported_media', 'broken')), 30);
  await assert.rejects(failed, voxError('unsupported_media', /broken/));
  const abort = new AbortController();
  const aborted = readAll({ path, format: 'pcm16', growing: new GrowingFile(), signal: abort.signal });
  setTimeout(() => abort.abort(), 30);
  await assert.rejects(aborted, voxError('cancelled'));
});

test('a writer that fails before its file appears is told as it is', async (t) => {
  const growing = new GrowingFile();
  const path = join(await temporaryFolder(t), 'never.pcm');
  const reading = readAll({ path, format: 'pcm16', growing });
  setTimeout(() => growing.fail(new VoxError('ffmpeg_missing', 'no ffmpeg')), 30);
  await assert.rejects(reading, voxError('ffmpeg_missing'));
  await assert.rejects(readAll({ path }), { code: 'ENOENT' });
});

test('audio over the limit is refused: at once when the file is whole, as it passes when it grows', async (t) => {
  const folder = await temporaryFolder(t);
  const whole = join(folder, 'a.wav');
  await writeFile(whole, encodeWav(tone(16_000, 2.5), 16_000));
  const blocks = readAudioFile({ path: whole, format: 'wav', maxSeconds: 2, signal: never });
  await assert.rejects(blocks.next(), voxError('too_large', /2 seconds/));
  assert.equal(join1(await readAll({ path: whole, maxSeconds: 2.5 })).length, 40_000);
  // A header that lies about its length is measured by the file.
  const liar = join(folder, 'liar.wav');
  const header = wavHeader({ encoding: 's16', sampleRate: 16_000, frames: 2 ** 30 });
  await writeFile(liar, Buffer.concat([header, floatToInt16(tone(16_000, 1))]));
  assert.equal(join1(await readAll({ path: liar, maxSeconds: 2 })).length, 16_000);
  const grows = join(folder, 'a.pcm');
  await writeFile(grows, floatToInt16(tone(16_000, 2.5)));
  await assert.rejects(
    readAll({ path: grows, format: 'pcm16', maxSeconds: 2, growing: new GrowingFile() }),
    voxError('too_large'),
  );
});

test('files without audio are refused', async (t) => {
  const folder = await temporaryFolder(t);
  const empty = join(folder, 'empty');
  await writeFile(empty, '');
  await assert.rejects(readAll({ path: empty }), voxError('empty_audio'));
  await assert.rejects(readAll({ path: empty, format: 'pcm16' }), voxError('empty_audio'));
  const text = join(folder, 'text.wav');
  await writeFile(text, 'this is no audio at all');
  await assert.rejects(readAll({ path: text }), voxError('unsupported_media'));
});

test('leaving early ends the reading', async (t) => {
  const path = join(await temporaryFolder(t), 'a.pcm');
  await writeFile(path, floatToInt16(tone(16_000, 5)));
  for await (const block of readAudioFile({ path, format: 'pcm16', maxSeconds: 9, signal: never })) {
    assert.equal(block.length, 16_000);
    break;
  }
});

test('every shared WAV is read as speech', needsShared, async () => {
  const names = (await readdir(SHARED_AUDIO)).filter((name) => name.endsWith('.wav'));
  assert.ok(names.length >= 7);
  for (const name of names) {
    const samples = join1(await readAll({ path: fileURLToPath(new URL(name, SHARED_AUDIO)) }));
    assert.ok(samples.length > 3 * 16_000, `${name}: ${samples.length} samples`);
    assert.ok(level(samples) > 0.01 && level(samples) < 0.5, `${name}: level ${level(samples)}`);
  }
});
