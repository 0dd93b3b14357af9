import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statedRate } from './stated-rate.js';

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  );

test('each container tells its rate, or nothing', () => {
  const streamInfo = [0, 0, 0, 34, ...new Array(10).fill(0), 0x01, 0xf4, 0x00];
  assert.equal(statedRate(bytes('fLaC', streamInfo), 'flac'), 8_000);
  assert.equal(statedRate(bytes('OggS....\x7fFLAC....', 'fLaC', streamInfo), 'ogg-flac'), 8_000);
  assert.equal(
    statedRate(bytes('OggS....\x01vorbis', [0, 0, 0, 0, 1, 0x80, 0x3e, 0, 0]), 'ogg-vorbis'),
    16_000,
  );
  assert.equal(statedRate(bytes('OggS....OpusHead'), 'ogg-opus'), 48_000);
  // MPEG-1 layer III of 44.1 kHz after a tag, MPEG-2 of 24 kHz, MPEG-2.5 of 8 kHz.
  assert.equal(statedRate(bytes('ID3....', [0xff, 0xfb, 0x90, 0x00]), 'mp3'), 44_100);
  assert.equal(statedRate(bytes([0xff, 0xf3, 0x84, 0x00]), 'mp3'), 24_000);
  assert.equal(statedRate(bytes([0xff, 0xe3, 0x88, 0x00]), 'mp3'), 8_000);
  for (const cut of ['flac', 'ogg-vorbis', 'mp3', 'webm'] as const)
    assert.equal(statedRate(bytes('fLaC'), cut), undefined, cut);
});
