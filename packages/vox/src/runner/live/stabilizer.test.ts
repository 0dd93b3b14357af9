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
