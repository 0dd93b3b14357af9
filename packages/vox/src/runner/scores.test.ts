import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutEcho } from './echo.js';
import { scoresIfAll, splitScores } from './scores.js';

const scores = [' We', ' ran', ',', ' then', ' \uFFFD', '\uFFFD', ' slept', '.'].map((text, at) => ({
  text,
  logProbability: -at,
}));

test('tokens are cut where their text is, whatever its spaces', () => {
  for (const [text, inside] of [
    ['', 0],
    ['We', 1],
    [' We  ran,', 3],
    ['We r', 2],
    ['We ran, then \uFFFD\uFFFD slept. And more', 8],
  ] as const) {
    const [own, behind] = splitScores(scores, text);
    assert.deepEqual([own, behind], [scores.slice(0, inside), scores.slice(inside)], text);
  }
});

test('tokens are told only of the text that they spell, parts of characters too', () => {
  const part = (text: string, more: object = {}) => ({
    text: '',
    startMs: 0,
    endMs: 1,
    scores: [{ text, logProbability: -1, ...more }],
  });
  const said = [part(' So'), part('\uFFFD', { bytes: [0xc3] }), part('\uFFFD', { bytes: [0xa4] })];
  assert.equal(scoresIfAll(said, 'So ä').scores?.length, 3);
  assert.deepEqual([scoresIfAll(said, 'So a'), scoresIfAll([], '')], [{}, {}]);
});

test('an echo that is taken off takes its tokens along', () => {
  const words = ['we', 'ran', 'we', 'ran'].map((text, at) => ({
    text,
    startMs: at * 100,
    endMs: at < 2 ? at * 100 + 90 : at * 100,
  }));
  const tokens = words.map(({ text }) => ({ text: ` ${text}`, logProbability: -1 }));
  const cut = withoutEcho({ text: 'we ran we ran', startMs: 0, endMs: 400, words, scores: tokens });
  assert.deepEqual([cut.text, cut.scores?.length], ['we ran', 2]);
});
