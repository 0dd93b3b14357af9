import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { access, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { int16ToFloat } from '../pcm.js';
import { type Container, SNIFF_BYTES, sniff } from '../sniff.js';
import { encodeWav } from '../wav-writer.js';
import { readAudioFile } from './audio-file.js';
import { type DecodeOptions, decodeToPcm16 } from './decode.js';
import { findFfmpeg } from './find-ffmpeg.js';
import { GrowingFile } from './growing.js';
import {
  ffmpeg,
  level,
  needsFfmpeg,
  needsShared,
  SHARED_AUDIO,
  temporaryFolder,
  tone,
  voxError,
} from './testing/ffmpeg.test.support.js';

function options(input: string, output: string, more: Partial<DecodeOptions> = {}): DecodeOptions {
  return {
    ffmpeg,
    input,
    output,
    sampleRate: 16_000,
    maxSeconds: 60,
    maxBytes: 2 ** 24,
    timeoutMs: 30_000,
    signal: new AbortController().signal,
    ...more,
  };
}

/** Makes a file in another format from two seconds of tone. */
async function make(folder: string, name: string, ...flags: string[]): Promise<string> {
  const source = join(folder, 'source.wav');
  await writeFile(source, encodeWav(tone(44_100, 2), 44_100));
  const path = join(folder, name);
  const run = spawnSync(ffmpeg, ['-v', 'error', '-y', '-i', source, ...flags, path], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  return path;
}

/** Two seconds of moving pictures beside the sound, as the second input. */
const PICTURES = ['-f', 'lavfi', '-i', 'testsrc=size=64x64:rate=25:duration=2', '-shortest'];

const FORMATS: readonly (readonly [string, Container, readonly string[]])[] = [
  ['a.flac', 'flac', []],
  ['a.mp3', 'mp3', ['-metadata', 'title=A title']],
  ['bare.mp3', 'mp3', ['-id3v2_version', '0', '-write_xing', '0']],
  ['a.aac', 'aac', []],
  ['a.ogg', 'ogg-vorbis', ['-c:a', 'libvorbis']],
  ['a.opus', 'ogg-opus', []],
  ['flac.ogg', 'ogg-flac', ['-c:a', 'flac']],
  ['a.webm', 'webm', []],
  ['a.mka', 'matroska', []],
  ['a.m4a', 'mp4', []],
  ['a.aiff', 'aiff', []],
  ['a.caf', 'caf', []],
  ['a.amr', 'amr', ['-ar', '8000', '-c:a', 'libopencore_amrnb']],
  ['a.wav', 'wav', ['-c:a', 'adpcm_ms']],
  ['a.wma', 'asf', []],
  ['a.3gp', 'mp4', ['-c:a', 'aac']],
  ['film.mp4', 'mp4', PICTURES],
  ['film.mkv', 'matroska', PICTURES],
  ['film.avi', 'avi', PICTURES],
  ['film.flv', 'flv', PICTURES],
  ['film.wmv', 'asf', PICTURES],
  ['film.ts', 'mpeg-ts', PICTURES],
  ['film.mpg', 'mpeg-ps', PICTURES],
  ["odd name; $(touch x) 'q' %41.mp3", 'mp3', []],
];

for (const [name, container, flags] of FORMATS) {
  test(`${name} is sniffed as ${container} and decoded`, needsFfmpeg, async (t) => {
    const folder = await temporaryFolder(t);
    const input = await make(folder, name, ...flags);
    const found = sniff((await readFile(input)).subarray(0, SNIFF_BYTES));
    assert.equal(found, container);
    assert.notEqual(found, 'unknown');
    const output = join(folder, 'out.pcm');
    const known = found === 'unknown' ? {} : { container: found };
    const { bytes } = await decodeToPcm16(options(input, output, known));
    const samples = int16ToFloat(await readFile(output));
    assert.equal(bytes, samples.length * 2);
    // Encoders pad; none by more than a tenth of a second.
    assert.ok(Math.abs(samples.length - 32_000) < 1600, `${samples.length} samples`);
    // AMR is made for voices and does not keep a tone's level.
    const tolerance = container === 'amr' ? 0.1 : 0.03;
    assert.ok(Math.abs(level(samples) - 0.5 / Math.SQRT2) < tolerance, `level ${level(samples)}`);
  });
}

test('a reader follows the file while ffmpeg writes it', needsFfmpeg, async (t) => {
  const folder = await temporaryFolder(t);
  const input = await make(folder, 'a.flac');
  const output = join(folder, 'out.pcm');
  const growing = new GrowingFile();
  const { signal } = new AbortController();
  const decoding = decodeToPcm16(options(input, output)).finally(() => growing.end());
  let samples = 0;
  for await (const block of readAudioFile({ path: output, format: 'pcm16', maxSeconds: 9, growing, signal }))
    samples += block.length;
  assert.equal(samples, 32_000);
  assert.equal((await decoding).bytes, 64_000);
});

test('what is no audio is refused with the reason and without our paths', needsFfmpeg, async (t) => {
  const folder = await temporaryFolder(t);
  const input = join(folder, 'upload-1');
  await writeFile(input, Buffer.alloc(5000, 'no audio here '));
  await assert.rejects(decodeToPcm16(options(input, join(folder, 'out'))), (error: Error) => {
    assert.ok(voxError('unsupported_media')(error));
    assert.ok(!error.message.includes(folder) && !error.message.includes('0x'), error.message);
    return /Invalid data/.test(error.message);
  });
});

test('limits of length and bytes hold', needsFfmpeg, async (t) => {
  const folder = await temporaryFolder(t);
  const input = await make(folder, 'a.flac');
  const output = join(folder, 'out');
  // Half a second is allowed: one more is decoded, so that a reader sees the limit passed.
  assert.equal((await decodeToPcm16(options(input, output, { maxSeconds: 0.5 }))).bytes, 1.5 * 32_000);
  await assert.rejects(decodeToPcm16(options(input, output, { maxBytes: 10_000 })), voxError('too_large'));
  assert.ok((await readFile(output)).length < 50_000);
  await assert.rejects(
    decodeToPcm16(options(input, output, { maxMemoryBytes: 2 ** 25 })),
    voxError('unsupported_media'),
  );
});

test('timeout and abort end the program', needsFfmpeg, async (t) => {
  const folder = await temporaryFolder(t);
  const input = join(folder, 'pipe');
  assert.equal(spawnSync('mkfifo', [input]).status, 0);
  // Nobody writes to the pipe: ffmpeg waits for ever.
  const output = join(folder, 'out');
  await assert.rejects(
    decodeToPcm16(options(input, output, { timeoutMs: 100 })),
    voxError('timeout', /100 ms/),
  );
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  await assert.rejects(
    decodeToPcm16(options(input, output, { signal: abort.signal })),
    voxError('cancelled'),
  );
  await assert.rejects(
    decodeToPcm16(options(input, output, { signal: abort.signal })),
    voxError('cancelled'),
  );
});

test('a file with no sound says so', needsFfmpeg, async (t) => {
  const folder = await temporaryFolder(t);
  const picture = join(folder, 'video.webm');
  const flags = [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    'color=size=32x32:duration=0.2',
    '-c:v',
    'libvpx',
    picture,
  ];
  assert.equal(spawnSync(ffmpeg, flags).status, 0);
  await assert.rejects(decodeToPcm16(options(picture, join(folder, 'out'))), voxError('unsupported_media'));
});

test('a missing ffmpeg names both ways to get one', async (t) => {
  const folder = await temporaryFolder(t);
  const input = join(folder, 'in');
  await writeFile(input, 'x');
  const missing = voxError('ffmpeg_missing', /vox pull ffmpeg.*on PATH/);
  const gone = join(folder, 'no-such-program');
  await assert.rejects(decodeToPcm16(options(input, join(folder, 'out'), { ffmpeg: gone })), missing);
  await assert.rejects(findFfmpeg({ searchPath: folder }), missing);
  await assert.rejects(findFfmpeg({ path: gone, searchPath: folder }), missing);
  await assert.rejects(access(join(folder, 'out')));
});

test('ffmpeg is looked for where it was set, on the search path, then where it was pulled', async (t) => {
  const folder = await temporaryFolder(t);
  const program = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  const pulled = join(folder, program);
  await symlink(process.execPath, pulled);
  assert.equal(await findFfmpeg({ searchPath: '', pulledDir: folder }), pulled);
  assert.equal(await findFfmpeg({ searchPath: folder, pulledDir: join(folder, 'other') }), pulled);
  assert.equal(await findFfmpeg({ path: process.execPath, searchPath: folder }), process.execPath);
});

test('every shared file decodes', {
  ...needsFfmpeg,
  skip: needsFfmpeg.skip || needsShared.skip,
}, async (t) => {
  const folder = await temporaryFolder(t);
  const names = (await readdir(SHARED_AUDIO)).filter((name) => !name.endsWith('.json'));
  for (const name of names) {
    const output = join(folder, `${name}.pcm`);
    await decodeToPcm16(options(fileURLToPath(new URL(name, SHARED_AUDIO)), output));
    const samples = int16ToFloat(await readFile(output));
    assert.ok(samples.length > 3 * 16_000, `${name}: ${samples.length} samples`);
    assert.ok(level(samples) > 0.01 && level(samples) < 0.5, `${name}: level ${level(samples)}`);
  }
});
