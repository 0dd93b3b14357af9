import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeToMono,
  encodeSamples,
  floatToInt16,
  int16ToFloat,
  type SampleEncoding,
  toMono,
} from './pcm.js';

const f = (...values: number[]) => Float32Array.from(values);

test('int16 values survive floats exactly, all 65536 of them', () => {
  const all = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
  const bytes = new Uint8Array(all.buffer);
  assert.deepEqual(floatToInt16(int16ToFloat(bytes)), bytes);
});

test('floats above full scale are cut, never wrapped; what is no number is silence', () => {
  const bytes = floatToInt16(f(1, -1, 5, -5, Number.NaN, Infinity, -Infinity));
  assert.deepEqual(
    new Int16Array(bytes.buffer),
    Int16Array.of(32_767, -32_768, 32_767, -32_768, 0, 32_767, -32_768),
  );
});

/** Largest error of a value in [-1, 1) per encoding: half a step. G.711's steps grow with the value. */
const TOLERANCE: Record<SampleEncoding, (x: number) => number> = {
  u8: () => 1 / 128,
  s16: () => 1 / 32_768,
  s24: () => 1 / 8_388_608,
  s32: () => 1 / 16_777_216,
  f32: () => 0,
  f64: () => 0,
  alaw: (x) => Math.max(1 / 1024, Math.abs(x) / 30),
  mulaw: (x) => Math.max(1 / 1024, Math.abs(x) / 28),
};

for (const encoding of Object.keys(TOLERANCE) as SampleEncoding[]) {
  test(`${encoding}: samples come back within its resolution, at any alignment`, () => {
    const sample = fc.float({ min: -1, max: Math.fround(0.97), noNaN: true });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 40 }), fc.nat(7), (values, shift) => {
        const bytes = encodeSamples(Float32Array.from(values), encoding);
        const moved = new Uint8Array(bytes.length + shift).subarray(shift);
        moved.set(bytes);
        const back = decodeToMono(moved, encoding, 1);
        assert.equal(back.length, values.length);
        values.forEach((value, i) => {
          const error = Math.abs((back[i] ?? Number.NaN) - value);
          assert.ok(error <= TOLERANCE[encoding](value), `${value} came back as ${back[i]}`);
        });
      }),
    );
  });
}

test('channels are averaged and a cut-off frame is left out', () => {
  const bytes = encodeSamples(f(0.5, -0.5, 0.25, 0.75, 0.5), 's16');
  assert.deepEqual(decodeToMono(bytes, 's16', 2), f(0, 0.5));
  assert.deepEqual(toMono(f(0.5, -0.5, 0.25, 0.75, 0.5), 2), f(0, 0.5));
  const three = encodeSamples(f(0.75, 0, 0), 'f64');
  assert.deepEqual(decodeToMono(three, 'f64', 3), f(0.25));
});

test('one channel is not copied', () => {
  const samples = f(0.1, 0.2);
  assert.equal(toMono(samples, 1), samples);
  assert.equal(encodeSamples(samples, 'f32').buffer, samples.buffer);
});

test('floats that are no samples become samples', () => {
  const bytes = encodeSamples(f(Number.NaN, Infinity, -Infinity, 3e38, 1.5), 'f32');
  assert.deepEqual(decodeToMono(bytes, 'f32', 1), f(0, 65_536, -65_536, 65_536, 1.5));
});
