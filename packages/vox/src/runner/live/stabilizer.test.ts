import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stabilizer } from './stabilizer.js';
import { spokenIn } from './words.js';

const said = (text: string) => spokenIn([{ text, startMs: 0, endMs: 0 }]);

/** Hears a hypothesis each 200 ms of audio; the stable texts. */
function stableTexts(stabilizer: Stabilizer, hypotheses: readonly string[]): string[] {
  return hypotheses.map((text, at) => {
    const shown = stabilizer.hear(said(text), 200 * (at + 1));
    return shown?.text.slice(0, shown.stable) ?? '';
  });
}

test('a word is stable when hypotheses in a row agree on it', () => {
  assert.deepEqual(stableTexts(new Stabilizer(2), ['it', 'it was', 'it was the', 'it was a best']), [
    '',
    'it',
    'it was',
    'it was',
  ]);
});

test('and when it has stood for as long as was asked for', () => {
  const hypotheses = [
    'it',
    'it was',
    'it was the',
    'it was the best',
    'it was the best of',
    'it was the best of times',
  ];
  assert.deepEqual(stableTexts(new Stabilizer(2, 600), hypotheses), [
    '',
    '',
    '',
    'it',
    'it was',
    'it was the',
  ]);
});

test('a word that changed in between has not stood', () => {
  const hypotheses = ['it was', 'it is a', 'it was the', 'it was the best', 'it was the best of'];
  assert.deepEqual(stableTexts(new Stabilizer(2, 400), hypotheses), ['', '', 'it', 'it', 'it was the']);
});

test('the times of all words are those of the last hypothesis, as far as it says the same', () => {
  const timed = (...words: readonly [string, number][]) =>
    spokenIn([
      {
        text: words.map(([text]) => text).join(' '),
        startMs: 0,
        endMs: 900,
        words: words.map(([text, startMs]) => ({ text, startMs, endMs: startMs + 90 })),
      },
    ]);
  const stabilizer = new Stabilizer(2);
  stableTexts(stabilizer, ['it was', 'it was the', 'it was the best']);
  const concluded = stabilizer.conclude(timed(['it', 100], ['is', 200], ['the', 300], ['best', 400]));
  assert.deepEqual(
    concluded.map(({ raw, word }) => [raw.trim(), word?.startMs]),
    [
      ['it', 100],
      ['was', undefined],
      ['the', 300],
      ['best', 400],
    ],
  );
});
