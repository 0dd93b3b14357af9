import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import fc from 'fast-check';
import { Resampler, resample } from './resample.js';

/** Pairs of rates; the last two have so many phases that rows are interpolated. */
const PAIRS: readonly (readonly [number, number])[] = [
  [44_100, 16_000],
  [48_000, 16_000],
  [8000, 16_000],
  [11_025, 16_000],
  [22_050, 24_000],
  [24_000, 16_000],
  [16_000, 48_000],
  [96_000, 16_000],
  [44_101, 16_000],
  [15_999, 24_000],
];

function sine(frequency: number, rate: number, seconds: number): Float32Array {
  return Float32Array.from({ length: Math.round(rate * seconds) }, (_, n) =>
    Math.sin((2 * Math.PI * frequency * n) / rate),
  );
}

/** The middle half, away from the edges where the silence outside is heard. */
function middle(samples: Float32Array): Float32Array {
  return samples.subarray(samples.length >> 2, (samples.length * 3) >> 2);
}

function decibels(power: number): number {
  return 10 * Math.log10(Math.max(power, 1e-30));
}

function power(samples: Float32Array): number {
  return samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
}

for (const [from, to] of PAIRS) {
  const nyquist = Math.min(from, to) / 2;

  test(`${from} to ${to} Hz: the passband is the same signal at the same times, images under -60 dB`, () => {
    for (let part = 0.02; part <= 0.9; part += 0.08) {
      const frequency = part * nyquist;
      const out = resample(sine(frequency, from, 0.4), from, to);
      const ideal = sine(frequency, to, out.length / to);
      // Everything that is not the ideal signal: ripple, images, delay. 60 dB under it also means a gain within 0.01 dB.
      const residue = Float32Array.from(middle(out), (x, n) => x - (middle(ideal)[n] ?? 0));
      const rejection = decibels(power(residue)) - decibels(0.5);
      assert.ok(rejection < -60, `${frequency.toFixed(0)} Hz: residue at ${rejection.toFixed(1)} dB`);
    }
  });

  if (from > to)
    test(`${from} to ${to} Hz: what is above the lower Nyquist frequency is 60 dB down`, () => {
      for (let part = 1.0; part < from / to; part += (from / to - 1) / 12 + 0.01) {
        const out = middle(resample(sine(part * nyquist, from, 0.4), from, to));
        const level = decibels(power(out)) - decibels(0.5);
        assert.ok(level < -60, `${(part * nyquist).toFixed(0)} Hz: ${level.toFixed(1)} dB`);
      }
    });
}

test('a constant stays that constant, and an impulse stays at its time', () => {
  const flat = middle(resample(new Float32Array(4000).fill(0.5), 44_100, 16_000));
  assert.ok(flat.every((x) => Math.abs(x - 0.5) < 1e-4));
  const impulse = new Float32Array(8820);
  impulse[4410] = 1; // 100 ms
  const out = resample(impulse, 44_100, 16_000);
  const peak = out.reduce((best, x, n) => (Math.abs(x) > Math.abs(out[best] ?? 0) ? n : best), 0);
  assert.equal(peak, 1600);
});

test('however the input is cut, the output is the same to the bit', () => {
  const rates = fc.constantFrom(
    ...PAIRS,
    [16_000, 16_000] as const,
    [384_000, 1000] as const,
    [1000, 384_000] as const,
  );
  const pieces = fc.array(fc.oneof(fc.nat(3), fc.nat(700)), { maxLength: 20 });
  fc.assert(
    fc.property(rates, fc.nat(3000), pieces, ([from, to], length, cuts) => {
      const input = Float32Array.from({ length }, (_, n) => Math.sin(n * n * 0.001));
      const whole = resample(input, from, to);
      assert.equal(whole.length, Math.round((length * to) / from));
      const resampler = new Resampler(from, to);
      // Twice: a flush makes it new.
      for (let round = 0; round < 2; round++) {
        const parts: Float32Array[] = [];
        let at = 0;
        for (const cut of cuts) {
          parts.push(resampler.push(input.slice(at, at + cut)));
          at += cut;
        }
        parts.push(resampler.push(input.slice(at)), resampler.flush());
        const joined = Float32Array.from(parts.flatMap((part) => Array.from(part)));
        assert.deepEqual(joined, whole);
      }
    }),
  );
});

test('one push longer than the inner buffer equals many short ones', () => {
  const input = Float32Array.from({ length: 100_000 }, (_, n) => Math.sin(n * 0.01));
  const whole = resample(input, 44_100, 16_000);
  const resampler = new Resampler(44_100, 16_000);
  const parts: number[] = [];
  for (let at = 0; at < input.length; at += 160) parts.push(...resampler.push(input.subarray(at, at + 160)));
  parts.push(...resampler.flush());
  assert.deepEqual(Float32Array.from(parts), whole);
});

test('output comes as early as the filter allows', () => {
  const resampler = new Resampler(48_000, 16_000);
  // A tenth of a second in: all but the window's half (under 7 ms) is out.
  assert.ok(resampler.push(new Float32Array(4800)).length > 1600 - 112);
});

test('equal rates copy nothing', () => {
  const input = new Float32Array(5);
  assert.equal(new Resampler(16_000, 16_000).push(input), input);
});

test('rates out of range are refused by name', () => {
  for (const rate of [0, 999, 384_001, 16_000.5, Number.NaN])
    assert.throws(
      () => new Resampler(16_000, rate),
      (error) => VoxError.is(error) && error.code === 'invalid_request' && error.param === 'outputRate',
    );
});
