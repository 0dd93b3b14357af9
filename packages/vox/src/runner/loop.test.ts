import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uncoveredSpeech } from './coverage.js';
import { judgeLevel } from './level.js';
import { compressionRatio, loopScore, repeatedShare } from './loop.js';

const RATE = 16_000;
const SPEECH =
  'It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it was the epoch of belief, it was the epoch of incredulity.';

test('speech does not loop, not even Dickens', () => {
  assert.equal(loopScore(SPEECH, 20), 0);
  assert.equal(loopScore('No, no, no! I said that I will not go there with you.', 4), 0);
  assert.equal(loopScore('', 4), 0);
});

test('a decode that goes in circles is noticed, long or short', () => {
  assert.ok(compressionRatio(`We ${'all go and '.repeat(40)}`) > 2.4);
  assert.ok(loopScore(`We had everything, ${'we all go and '.repeat(40)}`, 20) > 0);
  assert.ok(loopScore('so so so so so so so so', 3) > 0);
  assert.ok(loopScore('谢谢谢谢谢谢谢谢谢谢谢谢', 10) > 0);
  assert.equal(repeatedShare('you you you you you you you you'), 1);
});

test('more text than anybody can say is not believed', () => {
  assert.ok(loopScore(SPEECH, 1) > 0);
});

test('loud sound without a word is noticed, a pause is not', () => {
  const samples = new Float32Array(6 * RATE).map((_, at) =>
    at < 3 * RATE || at > 4 * RATE ? 0.3 * Math.sin(at * 0.3) : 0.0003,
  );
  const word = (startMs: number, endMs: number) => ({ text: 'x', startMs, endMs });
  assert.equal(uncoveredSpeech(samples, [word(0, 3000), word(4000, 6000)], 0.5), undefined);
  const missing = uncoveredSpeech(samples, [word(0, 3000), word(4900, 6000)], 0.5);
  assert.equal(missing?.from, 3);
  assert.equal(missing.to, 4.9);
  assert.ok(missing.loud > 0.8 && missing.loud < 1);
});

/** Deterministic white noise. */
function noise(): () => number {
  let seed = 1;
  return () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 31 - 1;
  };
}

const white = noise();
let slow = 0;
/** Each sample mostly the one before: more bass than pink noise has. */
const dark = (): number => {
  slow = 0.95 * slow + 0.05 * white();
  return 4 * slow;
};
const NO_SPEECH: Record<string, (at: number) => number> = {
  'quiet white noise': () => 0.003 * white(),
  'loud white noise': () => 0.5 * white(),
  'bursts of noise': (at) => (at % 8000 < 3000 ? 0.3 : 0.0005) * white(),
  'bursts of dark noise': (at) => (at % 8000 < 3000 ? 0.5 : 0.001) * dark(),
  hum: (at) => 0.2 * Math.sin((at * 2 * Math.PI * 50) / RATE),
  beeps: (at) => (at % 8000 < 3000 ? 0.3 * Math.sin(at * 0.4) : 0),
  clicks: (at) => (at % 8000 < 40 ? 0.8 * white() : 0),
};
for (const [name, sample] of Object.entries(NO_SPEECH))
  test(`the level alone does not take ${name} for speech`, () => {
    assert.equal(judgeLevel(new Float32Array(8 * RATE).map((_, at) => sample(at))), 'unsure');
  });

test('digital silence needs no detector; a blink of sound is left to it', () => {
  assert.equal(judgeLevel(new Float32Array(8 * RATE)), 'silence');
  assert.equal(judgeLevel(new Float32Array(100).fill(0.1)), 'unsure');
});

test('syllables of changing timbre over a quiet room are speech', () => {
  const samples = new Float32Array(6 * RATE).map((_, at) => {
    const syllable = Math.floor(at / 3200);
    const voiced = at % 3200 < 2200;
    const tone = syllable % 3 === 2 ? white() * 0.2 : 0.3 * Math.sin(at * (0.05 + 0.03 * (syllable % 4)));
    return voiced ? tone : 0.0005 * white();
  });
  assert.equal(judgeLevel(samples), 'speech');
});
