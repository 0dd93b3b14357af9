import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpeechDetector, SpeechSpan } from '@vox-speech/contract';
import { HystereticDetector } from './hysteretic-detector.js';

const WINDOW = 10;

/** The samples are the probabilities: speech from `enter` on, until it falls below `leave`. */
function byProbability(enter: number, leave: number): SpeechDetector {
  let at = 0;
  let since: number | undefined;
  const end = (): SpeechSpan[] => {
    const spans = since === undefined ? [] : [{ start: since, end: at }];
    since = undefined;
    return spans;
  };
  return {
    accept(samples) {
      const spans: SpeechSpan[] = [];
      for (const probability of samples) {
        if (since === undefined ? probability >= enter : probability < leave)
          if (since === undefined) since = at;
          else spans.push(...end());
        at++;
      }
      return spans;
    },
    flush: end,
    openSince: () => since,
    reset() {
      at = 0;
      since = undefined;
    },
    close() {},
  };
}

const make = () => new HystereticDetector(byProbability(0.6, 0.45), byProbability(0.5, 0.3), WINDOW);
const sound = (...probabilities: number[]): Float32Array =>
  Float32Array.from(probabilities.flatMap((one) => Array.from({ length: WINDOW }, () => one)));

test('speech begins where it is sure, and goes on while it is likely', () => {
  const detector = make();
  assert.deepEqual(detector.accept(sound(0.1, 0.55, 0.55)), []);
  assert.equal(detector.openSince(), undefined, 'the lax one hears something, and that is not enough');
  assert.deepEqual(detector.accept(sound(0.7)), []);
  assert.equal(detector.openSince(), 30);
  assert.deepEqual(detector.accept(sound(0.35, 0.35)), []);
  assert.equal(detector.openSince(), 30, 'the strict one has left');
  assert.deepEqual(detector.accept(sound(0.2, 0.55, 0.2)), [{ start: 30, end: 60 }]);
  assert.equal(detector.openSince(), undefined);
  assert.deepEqual(detector.accept(sound(0.9, 0.35)), []);
  assert.deepEqual(detector.flush(), [{ start: 90, end: 110 }]);
});

test('what was never sure is no speech, and pieces of any size give the same', () => {
  const audio = sound(0.55, 0.1, 0.65, 0.4, 0.1, 0.5, 0.58, 0.1, 0.6, 0.6);
  const spans = [
    { start: 20, end: 40 },
    { start: 80, end: 100 },
  ];
  for (const size of [WINDOW, 7 * WINDOW, audio.length]) {
    const detector = make();
    detector.accept(sound(0.9));
    detector.reset();
    const found = [];
    for (let at = 0; at < audio.length; at += size)
      found.push(...detector.accept(audio.subarray(at, at + size)));
    found.push(...detector.flush());
    assert.deepEqual(found, spans, String(size));
  }
});
