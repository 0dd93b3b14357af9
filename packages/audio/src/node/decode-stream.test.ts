import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { OggOpusWriter } from '../ogg-opus-writer.js';
import { OggPackets } from '../ogg-packets.js';
import { floatToInt16, int16ToFloat } from '../pcm.js';
import type { StreamFormat } from '../sniff.js';
import { encodeWav } from '../wav-writer.js';
import { openStreamDecoder } from './decode-stream.js';
import { encodeStream } from './encode.js';
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
const RATE = 16_000;

async function encoded(format: 'mp3' | 'opus' | 'flac'): Promise<Buffer> {
  const encoder = encodeStream({ ffmpeg, format, sampleRate: 24_000, signal: never });
  const all = allBytes(encoder.output);
  await encoder.write(floatToInt16(tone(24_000, 2)));
  encoder.end();
  return all;
}

const INPUTS: Readonly<Record<Exclude<StreamFormat, 'webm'>, () => Promise<Uint8Array> | Uint8Array>> = {
  wav: () => encodeWav(tone(24_000, 2), 24_000),
  mp3: () => encoded('mp3'),
  ogg: () => encoded('opus'),
  flac: () => encoded('flac'),
};

for (const [format, make] of Object.entries(INPUTS))
  test(`${format}, cut anywhere, is one stream of samples`, needsFfmpeg, async () => {
    const bytes = await make();
    const decoder = openStreamDecoder({
      ffmpeg,
      format: format as StreamFormat,
      sampleRate: RATE,
      signal: never,
    });
    const all = allBytes(decoder.output);
    for (let at = 0; at < bytes.length; at += 997) await decoder.write(bytes.subarray(at, at + 997));
    decoder.end();
    const samples = int16ToFloat(await all);
    assert.ok(Math.abs(samples.length - 2 * RATE) < 0.1 * RATE, `${samples.length} samples`);
    const heard = level(samples.subarray(RATE / 2, RATE));
    assert.ok(Math.abs(heard - 0.5 / Math.SQRT2) < 0.03, `level ${heard}`);
  });

test('samples come out while the input is still open', needsFfmpeg, async () => {
  const decoder = openStreamDecoder({ ffmpeg, format: 'wav', sampleRate: RATE, signal: never });
  await decoder.write(encodeWav(tone(RATE, 4), RATE).subarray(0, 100_000));
  let bytes = 0;
  for await (const chunk of decoder.output) {
    bytes += chunk.length;
    if (bytes > 10_000) break;
  }
  assert.ok(bytes > 10_000);
});

test('Opus packets that come one by one are heard before the last', needsFfmpeg, async () => {
  const packets = new OggPackets().push(await encoded('opus'));
  const decoder = openStreamDecoder({ ffmpeg, format: 'ogg', sampleRate: RATE, signal: never });
  const writer = new OggOpusWriter({ sampleRate: 48_000, channels: 1 });
  await decoder.write(writer.header());
  for (const packet of packets) await decoder.write(writer.packet(packet));
  let bytes = 0;
  for await (const chunk of decoder.output) {
    bytes += chunk.length;
    // Half of it, while more could come.
    if (bytes > RATE * 2) break;
  }
  assert.ok(bytes > RATE * 2);
});

test('the Opus packets of the encoder are of 20 ms', needsFfmpeg, async () => {
  const packets = new OggPackets().push(await encoded('opus'));
  // Two seconds, and the encoder's look-ahead.
  assert.ok(packets.length >= 100 && packets.length <= 102, `${packets.length} packets`);
  // RFC 6716, 3.1: configurations 1, 5, 9, 13, 15 and 19 + 4n are 20 ms; stereo is bit 2; code 0 is one frame.
  for (const packet of packets) {
    const toc = packet[0] ?? 0;
    const configuration = toc >> 3;
    const ms =
      configuration < 12
        ? [10, 20, 40, 60][configuration % 4]
        : configuration < 16
          ? [10, 20][configuration % 2]
          : [2.5, 5, 10, 20][configuration % 4];
    assert.deepEqual([ms, toc & 7], [20, 0]);
  }
});

test('what is no such audio is refused, and a missing program named', needsFfmpeg, async (t) => {
  const decoder = openStreamDecoder({ ffmpeg, format: 'flac', sampleRate: RATE, signal: never });
  const all = allBytes(decoder.output);
  await decoder.write(Buffer.from('this is no audio at all '.repeat(50)));
  decoder.end();
  await assert.rejects(all, voxError('unsupported_media', /flac/));
  const gone = join(await temporaryFolder(t), 'no-such-program');
  const none = openStreamDecoder({ ffmpeg: gone, format: 'mp3', sampleRate: RATE, signal: never });
  await assert.rejects(allBytes(none.output), voxError('ffmpeg_missing'));
});
