import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import fc from 'fast-check';
import { decodeToMono, encodeSamples, SAMPLE_BYTES, type SampleEncoding } from './pcm.js';
import { WavDecoder } from './wav-decoder.js';
import { isReadableWav } from './wav-header.js';
import { encodeWav, type WavHeaderOptions, wavHeader } from './wav-writer.js';

const ENCODINGS = Object.keys(SAMPLE_BYTES) as SampleEncoding[];

function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function chunk(name: string, body: Uint8Array, size = body.length): Uint8Array {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(size, 4);
  return concat(head, body, new Uint8Array(body.length & 1));
}

function riff(name: string, size: number, ...chunks: Uint8Array[]): Uint8Array {
  const head = Buffer.from(`${name}\0\0\0\0WAVE`, 'latin1');
  head.writeUInt32LE(size, 4);
  return concat(head, ...chunks);
}

interface Fmt {
  codec?: number;
  channels?: number;
  rate?: number;
  bits?: number;
  block?: number;
}

function fmt({ codec = 1, channels = 1, rate = 16_000, bits = 16, block = (channels * bits) / 8 }: Fmt = {}) {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(codec, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(rate, 4);
  body.writeUInt32LE(rate * block, 8);
  body.writeUInt16LE(block, 12);
  body.writeUInt16LE(bits, 14);
  return chunk('fmt ', body);
}

/** Decodes a file given in pieces cut at the given offsets. */
function decode(bytes: Uint8Array, cuts: number[] = []): { samples: number[]; decoder: WavDecoder } {
  const decoder = new WavDecoder();
  const samples: number[] = [];
  let at = 0;
  for (const cut of [...cuts.filter((c) => c <= bytes.length).sort((a, b) => a - b), bytes.length]) {
    samples.push(...decoder.push(bytes.slice(at, cut)));
    at = cut;
  }
  decoder.end();
  return { samples, decoder };
}

function rejects(bytes: Uint8Array, code: string, message: RegExp): void {
  assert.throws(
    () => decode(bytes),
    (error) => VoxError.is(error) && error.code === code && message.test(error.message),
  );
}

const TEN = encodeSamples(
  Float32Array.from({ length: 10 }, (_, i) => (i + 1) / 16),
  's16',
);
const TEN_SAMPLES = Array.from({ length: 10 }, (_, i) => (i + 1) / 16);

test('what is written in any encoding, rate and number of channels is read back, cut anywhere', () => {
  const options = fc.record({
    encoding: fc.constantFrom(...ENCODINGS),
    channels: fc.integer({ min: 1, max: 64 }),
    sampleRate: fc.integer({ min: 1000, max: 384_000 }),
    extensible: fc.boolean(),
    streaming: fc.boolean(),
  });
  fc.assert(
    fc.property(options, fc.integer({ min: 1, max: 9 }), fc.array(fc.nat(600)), (o, frames, cuts) => {
      const interleaved = Float32Array.from(
        { length: frames * o.channels },
        (_, i) => Math.sin(i * 1.7) * 0.9,
      );
      const body = encodeSamples(interleaved, o.encoding);
      const header: WavHeaderOptions = {
        encoding: o.encoding,
        sampleRate: o.sampleRate,
        channels: o.channels,
        extensible: o.extensible,
        ...(o.streaming ? {} : { frames }),
      };
      const { samples, decoder } = decode(concat(wavHeader(header), body), cuts);
      assert.deepEqual(Float32Array.from(samples), decodeToMono(body, o.encoding, o.channels));
      const format = decoder.header?.format;
      assert.equal(format?.encoding, o.encoding);
      assert.equal(format?.channels, o.channels);
      assert.equal(format?.sampleRate, o.sampleRate);
      assert.equal(decoder.header?.dataBytes, o.streaming ? undefined : body.length);
    }),
  );
});

for (const encoding of ENCODINGS) {
  test(`${encoding}, three channels: a cut at every offset changes nothing, nor do single bytes`, () => {
    const body = encodeSamples(
      Float32Array.from({ length: 12 }, (_, i) => i / 13),
      encoding,
    );
    const list = chunk('LIST', Uint8Array.from([1, 2, 3, 4, 5]));
    const plain = wavHeader({ encoding, sampleRate: 8000, channels: 3, frames: 4 });
    const bytes = concat(plain.slice(0, 12), list, plain.slice(12), body);
    const { samples } = decode(bytes);
    assert.equal(samples.length, 4);
    for (let cut = 0; cut <= bytes.length; cut++) assert.deepEqual(decode(bytes, [cut]).samples, samples);
    const everywhere = Array.from(bytes, (_, i) => i);
    assert.deepEqual(decode(bytes, everywhere).samples, samples);
  });
}

test('sizes that are unknown, zero or too large mean to the end; a right one stops there', () => {
  const trailing = chunk('LIST', Uint8Array.from([9, 9, 9, 9]));
  for (const size of [0, 0xffffffff, 0x7fffffff, TEN.length + 1])
    assert.deepEqual(decode(riff('RIFF', 0, fmt(), chunk('data', TEN, size))).samples, TEN_SAMPLES);
  const exact = decode(riff('RIFF', 0, fmt(), chunk('data', TEN), trailing));
  assert.deepEqual(exact.samples, TEN_SAMPLES);
  assert.equal(exact.decoder.done, true);
  assert.deepEqual(exact.decoder.header?.dataOffset, 44);
});

test('a last frame that is cut off is dropped', () => {
  const bytes = riff('RIFF', 0, fmt(), chunk('data', TEN));
  assert.deepEqual(decode(bytes.slice(0, -1)).samples, TEN_SAMPLES.slice(0, 9));
});

test('RF64 and BW64 take the length from ds64', () => {
  for (const name of ['RF64', 'BW64']) {
    const sizes = Buffer.alloc(28);
    sizes.writeBigUInt64LE(BigInt(TEN.length), 8);
    const bytes = riff(name, 0xffffffff, chunk('ds64', sizes), fmt(), chunk('data', TEN, 0xffffffff), TEN);
    assert.deepEqual(decode(bytes).samples, TEN_SAMPLES);
    sizes.writeBigUInt64LE(2n ** 64n - 1n, 8);
    const stream = riff(name, 0xffffffff, chunk('ds64', sizes), fmt(), chunk('data', TEN, 0xffffffff));
    assert.deepEqual(decode(stream).samples, TEN_SAMPLES);
  }
});

test('20 bits are read from three bytes or from four, as the block says', () => {
  const wide = encodeSamples(Float32Array.of(0.5, -0.25), 's32');
  const narrow = encodeSamples(Float32Array.of(0.5, -0.25), 's24');
  const in32 = riff('RIFF', 0, fmt({ bits: 20, block: 4 }), chunk('data', wide));
  const in24 = riff('RIFF', 0, fmt({ bits: 20, block: 3 }), chunk('data', narrow));
  const nonsense = riff('RIFF', 0, fmt({ bits: 24, block: 7 }), chunk('data', narrow));
  for (const bytes of [in32, in24, nonsense]) assert.deepEqual(decode(bytes).samples, [0.5, -0.25]);
});

test('what is not read is refused, saying why', () => {
  const data = chunk('data', TEN);
  rejects(
    riff('RIFF', 0, fmt({ codec: 2, bits: 4, block: 256 }), data),
    'unsupported_media',
    /codec 2 .*ADPCM/,
  );
  rejects(
    riff('RIFF', 0, fmt({ codec: 0x55, bits: 0, block: 1 }), data),
    'unsupported_media',
    /codec 85 .*MP3/,
  );
  rejects(riff('RIFF', 0, fmt({ bits: 64, block: 8 }), data), 'unsupported_media', /codec 1 .*64 bits/);
  rejects(riff('RIFF', 0, fmt({ codec: 3, bits: 16 }), data), 'unsupported_media', /codec 3/);
  rejects(riff('RIFF', 0, fmt({ codec: 0xfffe }), data), 'unsupported_media', /codec 65534/);
  rejects(riff('RIFF', 0, fmt({ channels: 0 }), data), 'unsupported_media', /0 channels/);
  rejects(riff('RIFF', 0, fmt({ channels: 65 }), data), 'unsupported_media', /65 channels/);
  rejects(riff('RIFF', 0, fmt({ rate: 999 }), data), 'unsupported_media', /999 Hz/);
  rejects(riff('RIFF', 0, fmt({ rate: 384_001 }), data), 'unsupported_media', /384001 Hz/);
  rejects(riff('RIFF', 0, data, fmt()), 'unsupported_media', /no fmt chunk/);
  rejects(riff('RIFF', 0, chunk('fmt ', new Uint8Array(14)), data), 'unsupported_media', /14 bytes/);
  rejects(riff('RIFF', 0, fmt()), 'unsupported_media', /before its data chunk/);
  rejects(riff('RIFX', 0, fmt(), data), 'unsupported_media', /not a WAV/);
  rejects(Buffer.from('<!doctype html><p>hello'), 'unsupported_media', /not a WAV/);
  rejects(Buffer.from('RIFF'), 'unsupported_media', /not a WAV/);
  rejects(new Uint8Array(0), 'empty_audio', /empty/);
  rejects(riff('RIFF', 0, fmt(), chunk('data', new Uint8Array(0))), 'empty_audio', /no samples/);
  rejects(riff('RIFF', 0, fmt(), chunk('data', TEN, 0)).slice(0, 45), 'empty_audio', /no samples/);
});

test('whether a WAV is read here is told by its start', () => {
  const data = chunk('data', TEN);
  const picture = chunk('LIST', new Uint8Array(9000));
  assert.equal(isReadableWav(riff('RIFF', 0, fmt(), data)), true);
  assert.equal(isReadableWav(riff('RIFF', 0, picture, fmt(), data).slice(0, 5000)), true);
  assert.equal(isReadableWav(riff('RIFF', 0, fmt({ codec: 2, bits: 4, block: 256 }), data)), false);
  assert.equal(isReadableWav(Buffer.from('ID3')), false);
});

test('headers state what readers expect', () => {
  const known = Buffer.from(wavHeader({ encoding: 's16', sampleRate: 24_000, frames: 5 }));
  assert.equal(known.length, 44);
  assert.equal(known.readUInt32LE(4), 36 + 10);
  assert.equal(known.readUInt32LE(28), 48_000);
  assert.equal(known.readUInt32LE(40), 10);
  const stream = Buffer.from(wavHeader({ encoding: 'f32', sampleRate: 24_000 }));
  assert.equal(stream.readUInt16LE(20), 3);
  assert.equal(stream.readUInt32LE(4), 0xffffffff);
  assert.equal(stream.readUInt32LE(stream.length - 4), 0xffffffff);
  const huge = Buffer.from(wavHeader({ encoding: 's16', sampleRate: 24_000, frames: 2 ** 31 }));
  assert.equal(huge.readUInt32LE(40), 0xffffffff);
  assert.equal(encodeWav(new Float32Array(3), 8000, 'alaw').length % 2, 0);
  assert.throws(
    () => wavHeader({ encoding: 's16', sampleRate: 0 }),
    (error) => VoxError.is(error) && error.param === 'sampleRate',
  );
});

test('mutated files are decoded or refused with a VoxError, and no sample is not a number', () => {
  const seeds = ENCODINGS.flatMap((encoding) =>
    [false, true].map((extensible) =>
      concat(
        wavHeader({ encoding, sampleRate: 16_000, channels: 2, frames: 8, extensible }),
        encodeSamples(
          Float32Array.from({ length: 16 }, (_, i) => i / 20),
          encoding,
        ),
      ),
    ),
  );
  seeds.push(riff('RF64', 0, chunk('ds64', new Uint8Array(28)), fmt(), chunk('data', TEN)));
  const mutation = fc.tuple(fc.nat(160), fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)));
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.array(mutation, { minLength: 1, maxLength: 6 }),
      fc.nat(300),
      fc.array(fc.nat(200), { maxLength: 4 }),
      (seed, mutations, keep, cuts) => {
        const bytes = Uint8Array.from(seed).subarray(0, keep);
        for (const [at, value] of mutations) if (at < bytes.length) bytes[at] = value;
        try {
          const { samples } = decode(bytes, cuts);
          assert.ok(samples.length > 0 && samples.length <= bytes.length);
          assert.ok(samples.every(Number.isFinite));
        } catch (error) {
          if (!VoxError.is(error)) throw error;
          assert.match(error.code, /^(unsupported_media|empty_audio)$/);
        }
      },
    ),
    { numRuns: 5000 },
  );
});
