import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpeechSpan } from '@vox-speech/contract';
import fc from 'fast-check';
import { Cutter, type CutterOptions, type Window } from './cutter.js';
import { frameLevels, quietestPoint } from './energy.js';

const RATE = 16_000;
const OPTIONS: CutterOptions = {
  window: 10 * RATE,
  prefix: 0.2 * RATE,
  padding: 0.2 * RATE,
  longSilence: 2 * RATE,
  lookBack: 0.5 * RATE,
};

/** A tone where there is speech, nothing elsewhere. */
function render(spans: readonly SpeechSpan[], length: number): Float32Array {
  const samples = new Float32Array(length);
  for (const { start, end } of spans)
    for (let at = start; at < end; at++) samples[at] = 0.3 * Math.sin(at * 0.3);
  return samples;
}

/** A detector that knows the truth, and tells it in the blocks in which it happens. */
function cut(
  spans: readonly SpeechSpan[],
  samples: Float32Array,
  block: number,
  options = OPTIONS,
): Window[] {
  const cutter = new Cutter(options);
  const windows: Window[] = [];
  const told = new Set<SpeechSpan>();
  for (let at = 0; at < samples.length; at += block) {
    const end = Math.min(samples.length, at + block);
    const closed = spans.filter((span) => !told.has(span) && span.end <= end - 100);
    for (const span of closed) told.add(span);
    const open = spans.find((span) => !told.has(span) && span.start < end - 100);
    windows.push(...cutter.push(samples.subarray(at, end), closed, open?.start));
  }
  windows.push(...cutter.finish(spans.filter((span) => !told.has(span))));
  return windows;
}

const seconds = (...pairs: [number, number][]): SpeechSpan[] =>
  pairs.map(([start, end]) => ({ start: start * RATE, end: end * RATE }));

test('speech that fits is one window with padding around it', () => {
  const spans = seconds([1, 2], [2.5, 4]);
  const [window, ...more] = cut(spans, render(spans, 6 * RATE), RATE);
  assert.equal(more.length, 0);
  assert.equal(window?.start, 0.8 * RATE);
  assert.equal(window.samples.length, 3.4 * RATE);
  assert.deepEqual(window.spans, spans);
});

test('long silence ends a window and is in none', () => {
  const spans = seconds([1, 2], [60, 61]);
  const windows = cut(spans, render(spans, 100 * RATE), RATE);
  assert.deepEqual(
    windows.map((window) => [window.start / RATE, window.samples.length / RATE]),
    [
      [0.8, 1.4],
      [59.8, 1.4],
    ],
  );
});

test('the cut is made in the longest silence of the later part', () => {
  const spans = seconds([0, 2], [3, 6], [6.8, 8], [8.2, 9.5], [9.7, 14]);
  const [first] = cut(spans, render(spans, 15 * RATE), RATE);
  const end = (first?.samples.length ?? 0) / RATE;
  assert.ok(end > 6 && end < 6.8, `cut at ${end}`);
});

test('speech without a pause is cut at the quietest 20 ms near the end of the window', () => {
  const spans = seconds([0, 14]);
  const samples = render(spans, 15 * RATE);
  samples.fill(0.0001, 8.5 * RATE, 8.54 * RATE);
  const [first] = cut(spans, samples, RATE);
  const end = (first?.samples.length ?? 0) / RATE;
  assert.ok(end >= 8.5 && end <= 8.54, `cut at ${end}`);
});

test('silence gives no window, whatever its length', () => {
  assert.deepEqual(cut([], new Float32Array(50 * RATE), RATE), []);
});

test('windows cover all speech once, in order, and none is too long', () => {
  const gaps = fc.array(
    fc.tuple(fc.integer({ min: 1600, max: 90_000 }), fc.integer({ min: 1600, max: 400_000 })),
    {
      maxLength: 25,
    },
  );
  fc.assert(
    fc.property(gaps, fc.integer({ min: 512, max: 40_000 }), (list, block) => {
      const spans: SpeechSpan[] = [];
      let at = 0;
      for (const [silence, speech] of list) {
        spans.push({ start: at + silence, end: at + silence + speech });
        at += silence + speech;
      }
      const samples = render(spans, at + 8000);
      const windows = cut(spans, samples, block);
      let last = 0;
      for (const window of windows) {
        assert.ok(window.start >= last, 'overlap');
        assert.ok(window.samples.length <= OPTIONS.window, 'too long');
        assert.deepEqual(window.samples, samples.slice(window.start, window.start + window.samples.length));
        last = window.start + window.samples.length;
      }
      for (const span of spans) {
        const inside = windows.reduce((sum, window) => {
          const from = Math.max(span.start, window.start);
          return sum + Math.max(0, Math.min(span.end, window.start + window.samples.length) - from);
        }, 0);
        assert.equal(inside, span.end - span.start, `speech at ${span.start} is not all there`);
      }
    }),
    { numRuns: 60 },
  );
});

test('levels are in dB of full scale; the quietest point is the middle of the quietest stretch', () => {
  const samples = new Float32Array(3200).fill(0.5);
  samples.fill(0.001, 1280, 1600);
  const levels = frameLevels(samples);
  assert.ok(Math.abs((levels[0] ?? 0) + 6.02) < 0.01);
  assert.ok(Math.abs((levels[4] ?? 0) + 60) < 0.01);
  assert.equal(quietestPoint(samples, 1), 1440);
  assert.equal(quietestPoint(new Float32Array(100), 1), 50);
});
