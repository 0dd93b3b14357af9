import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Splitter, timeOf } from './splitter.js';

const SPACE = 1;
const BLANK = 2;
/** Of a letter, the space and the blank. */
const frame = (...p: readonly [number, number, number]) => Float32Array.from(p, Math.log);
const SPEECH = frame(0.9, 0.05, 0.05);
const SILENCE = frame(0.02, 0.48, 0.5);

/** Runs of speech and silence in turn, silence first; lengths in frames. */
const stream = (...runs: readonly number[]) =>
  runs.flatMap((length, at) => Array.from({ length }, () => (at % 2 === 0 ? SILENCE : SPEECH)));
function split(frames: readonly Float32Array[]) {
  const splitter = new Splitter(SPACE, BLANK);
  const phrases = frames.flatMap((frame) => (splitter.hear(frame) ? (splitter.close() ?? []) : []));
  return [...phrases, ...[splitter.close() ?? []].flat()];
}
const bounds = (phrases: ReturnType<typeof split>) => phrases.map(({ start, end }) => [start, end]);

test('phrases end after 0.6 s of silence', () => {
  const phrases = split(stream(66, 68, 66, 34, 33));
  assert.deepEqual(bounds(phrases), [
    [66, 134],
    [200, 234],
  ]);
  assert.deepEqual(
    phrases.map((phrase) => phrase.frames.length),
    [74, 40],
  );
  assert.deepEqual(bounds(split(stream(5, 5, 19, 5, 1))), [[5, 34]]);
  assert.deepEqual(bounds(split(stream(5, 5, 20, 5, 1))), [
    [5, 10],
    [30, 35],
  ]);
});

test('at 90 % it is speech; the stream’s ends cut the margins; 60 s are cut', () => {
  assert.deepEqual(bounds(split([frame(0.11, 0.4, 0.49)])), [[0, 1]]);
  assert.deepEqual(bounds(split([frame(0.09, 0.42, 0.49)])), []);
  assert.equal(split(stream(1, 4, 1))[0]?.frames.length, 6);
  assert.deepEqual(bounds(split(stream(0, 4500))), [
    [0, 2000],
    [2000, 4000],
    [4000, 4500],
  ]);
  assert.deepEqual(
    split(stream(0, 1990, 10, 30, 20)).map(({ start, end, cut }) => [start, end, cut]),
    [
      [0, 1990, true],
      [2000, 2030, false],
    ],
  );
});

test('the clock begins with the stream, not with what was put before it', () => {
  assert.equal(timeOf(76, { leadMs: 300, lateMs: 330 }), 1650);
  assert.equal(timeOf(3, { leadMs: 300, lateMs: 330 }), 0);
});
