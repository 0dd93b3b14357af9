import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OggOpusWriter } from './ogg-opus-writer.js';
import { OggPackets } from './ogg-packets.js';

/** Hybrid, 20 ms, one frame; the same with two; CELT, 2.5 ms, three frames by the count in the second byte. */
const PACKETS = [Uint8Array.of(0x78, 1), new Uint8Array(600).fill(0x79), Uint8Array.of(0x83, 3, 9)];

test('packets come out as they went in, whatever their length', () => {
  const writer = new OggOpusWriter({ sampleRate: 16_000, channels: 2 });
  const header = writer.header();
  const long = [254, 255, 256, 510, 60_000].map((length) => new Uint8Array(length).fill(0x78));
  const pages = [...PACKETS, ...long].map((packet) => writer.packet(packet));
  const found = new OggPackets().push(Buffer.concat([header, ...pages]));
  assert.deepEqual(
    found,
    [...PACKETS, ...long].map((packet) => Uint8Array.from(packet)),
  );
  const text = Buffer.from(header).toString('latin1');
  const head = text.indexOf('OpusHead');
  assert.deepEqual([header[head + 8], header[head + 9]], [1, 2]);
  assert.equal(new DataView(header.buffer).getUint32(head + 12, true), 16_000);
  assert.ok(text.includes('OpusTags'));
});

test('pages say where they end, in samples at 48 kHz, and which they are', () => {
  const writer = new OggOpusWriter({ sampleRate: 48_000, channels: 1 });
  writer.header();
  const told = PACKETS.map((packet) => {
    const view = new DataView(writer.packet(packet).buffer);
    return [Number(view.getBigUint64(6, true)), view.getUint32(18, true)];
  });
  assert.deepEqual(told, [
    [960, 2],
    [2880, 3],
    [3240, 4],
  ]);
});

test("the checksum is Ogg's", () => {
  const page = new OggOpusWriter({ sampleRate: 48_000, channels: 1 }).header().slice(0, 47);
  const view = new DataView(page.buffer);
  const stated = view.getUint32(22, true);
  view.setUint32(22, 0, true);
  let value = 0n;
  // The long division of the definition, a bit at a time.
  for (const byte of page)
    for (let bit = 7; bit >= 0; bit--) {
      const out = (value >> 31n) & 1n;
      value = ((value << 1n) & 0xffffffffn) | BigInt((byte >> bit) & 1);
      if (out === 1n) value ^= 0x04c11db7n;
    }
  for (let i = 0; i < 32; i++) {
    const out = (value >> 31n) & 1n;
    value = (value << 1n) & 0xffffffffn;
    if (out === 1n) value ^= 0x04c11db7n;
  }
  assert.equal(BigInt(stated), value);
});

test('what can be no packet or no stream is refused', () => {
  const writer = new OggOpusWriter({ sampleRate: 48_000, channels: 1 });
  assert.throws(() => writer.packet(new Uint8Array(0)), RangeError);
  assert.throws(() => writer.packet(new Uint8Array(60_001)), RangeError);
  assert.throws(() => new OggOpusWriter({ sampleRate: 48_000, channels: 3 }), RangeError);
});
