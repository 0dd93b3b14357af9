import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { floatToInt16, int16ToFloat } from '../pcm.js';
import { sniff } from '../sniff.js';
import { decodeToPcm16 } from './decode.js';
import { type EncodedFormat, encodeStream } from './encode.js';
import {
  allBytes,
  ffmpeg,
  level,
  needsFfmpeg,
  temporaryFolder,
  tone,
  voxError,
} from './testing/ffmpeg.test.support.js';

const never = new AbortController().signal;
const CONTAINERS = { mp3: 'mp3', opus: 'ogg-opus', aac: 'aac', flac: 'flac' } as const;

for (const format of Object.keys(CONTAINERS) as EncodedFormat[]) {
  for (const sampleRate of [8000, 16_000, 22_050, 24_000, 44_100])
    test(`${format} from ${sampleRate} Hz plays back as it was`, needsFfmpeg, async (t) => {
      const encoder = encodeStream({ ffmpeg, format, sampleRate, signal: never });
      const pcm = floatToInt16(tone(sampleRate, 1));
      const writing = (async () => {
        // Pieces that end inside a sample.
        for (let at = 0; at < pcm.length; at += 3001) await encoder.write(pcm.subarray(at, at + 3001));
        encoder.end();
      })();
      const bytes = await allBytes(encoder.output);
      await writing;
      assert.equal(sniff(bytes), CONTAINERS[format]);
      const folder = await temporaryFolder(t);
      const input = join(folder, 'in');
      const output = join(folder, 'out');
      await writeFile(input, bytes);
      await decodeToPcm16({
        ...{ ffmpeg, input, output, sampleRate, signal: never },
        ...{ maxSeconds: 9, maxBytes: 2 ** 20, timeoutMs: 30_000 },
      });
      const samples = int16ToFloat(await readFile(output));
      // Nothing is lost; encoders without a way to say so add their delay.
      assert.ok(samples.length >= sampleRate, `${samples.length} samples`);
      assert.ok(samples.length < sampleRate * 1.3, `${samples.length} samples`);
      const heard = level(samples.subarray(sampleRate >> 2, sampleRate >> 1));
      assert.ok(Math.abs(heard - 0.5 / Math.SQRT2) < 0.03, `level ${heard}`);
    });

  test(`${format} comes out while the input is still open`, needsFfmpeg, async () => {
    const encoder = encodeStream({ ffmpeg, format, sampleRate: 24_000, signal: never });
    await encoder.write(floatToInt16(tone(24_000, 1)));
    let bytes = 0;
    // Two kilobytes are more than headers: this would wait for ever if audio came only at the end.
    for await (const chunk of encoder.output) {
      bytes += chunk.length;
      if (bytes > 2000) break;
    }
    assert.ok(bytes > 2000);
    // Leaving the loop ended the program.
    await assert.rejects(async () => {
      for (;;) await encoder.write(new Uint8Array(65_536));
    }, voxError('internal'));
  });
}

/** Samples that the header of a FLAC or the Xing and LAME frame of an MP3 states. */
function statedSamples(bytes: Buffer): number {
  // STREAMINFO: 36 bits from bit 108 of the block (RFC 9639, section 8.2).
  if (sniff(bytes) === 'flac') return (bytes.readUInt8(21) & 15) * 2 ** 32 + bytes.readUInt32BE(22);
  const xing = Math.max(bytes.indexOf('Xing'), bytes.indexOf('Info'));
  assert.ok(xing > 0, 'no Xing frame');
  // Frame count, then behind 100 bytes of table and 4 of quality: the LAME tag with delay and padding, 12 bits each.
  const padding = bytes.readUIntBE(xing + 120 + 21, 3);
  // MPEG-2 has 576 samples a frame.
  return bytes.readUInt32BE(xing + 8) * 576 - (padding >> 12) - (padding & 0xfff);
}

for (const format of ['mp3', 'flac'] as const)
  test(`a whole ${format} states its length, a streamed one does not`, needsFfmpeg, async (t) => {
    const file = join(await temporaryFolder(t), 'whole');
    for (const where of [{ file }, {}]) {
      const encoder = encodeStream({ ffmpeg, format, sampleRate: 22_050, signal: never, ...where });
      await encoder.write(floatToInt16(tone(22_050, 1.5)));
      encoder.end();
      const bytes = await allBytes(encoder.output);
      assert.equal(sniff(bytes), format);
      if ('file' in where) assert.equal(statedSamples(bytes), 33_075);
      else if (format === 'flac') assert.equal(statedSamples(bytes), 0);
      else assert.throws(() => statedSamples(bytes), /no Xing/);
    }
  });

test('when nobody reads, writing stops; when the signal aborts, it throws', needsFfmpeg, async () => {
  const abort = new AbortController();
  const encoder = encodeStream({ ffmpeg, format: 'flac', sampleRate: 24_000, signal: abort.signal });
  const noise = Uint8Array.from({ length: 65_536 }, () => Math.random() * 256);
  let written = 0;
  const writing = (async () => {
    for (;;) {
      await encoder.write(noise);
      written += noise.length;
    }
  })();
  const rejected = assert.rejects(writing, voxError('cancelled'));
  // Waits until two looks in a row see no progress.
  for (let before = -1; before !== written || written === 0; ) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assert.ok(written < 2 ** 23, `${written} bytes were taken`);
  abort.abort();
  await rejected;
  await assert.rejects(encoder.output[Symbol.asyncIterator]().next(), voxError('cancelled'));
});

test('a missing ffmpeg shows in the output and in writing', async (t) => {
  const gone = join(await temporaryFolder(t), 'no-such-program');
  const encoder = encodeStream({ ffmpeg: gone, format: 'mp3', sampleRate: 24_000, signal: never });
  await assert.rejects(
    encoder.output[Symbol.asyncIterator]().next(),
    voxError('ffmpeg_missing', /vox pull ffmpeg/),
  );
  await assert.rejects(encoder.write(new Uint8Array(100)), voxError('ffmpeg_missing'));
});
