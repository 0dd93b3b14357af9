import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoresOf } from './scores.js';
import { TokenList } from './tokens.js';

/** ' a', the two bytes of 'é', 'b', and all of 'é'. */
const TOKENS = [
  Buffer.from(' a'),
  Buffer.from([0xc3]),
  Buffer.from([0xa9]),
  Buffer.from('b'),
  Buffer.from('é'),
];
const list = TokenList.parse(TOKENS.map((bytes, at) => `${bytes.toString('base64')} ${at}\n`).join(''));

test('each token with its probability, and their mean', () => {
  const said = { tokens: [0, 4, 3], logProbabilities: [-0.5, -0.25, 0] };
  assert.deepEqual(scoresOf(said, list, true), {
    averageLogProbability: -0.25,
    scores: [
      { text: ' a', logProbability: -0.5 },
      { text: 'é', logProbability: -0.25 },
      { text: 'b', logProbability: 0 },
    ],
  });
  assert.deepEqual(scoresOf(said, list, false), { averageLogProbability: -0.25 });
});

test('a part of a character says which bytes it is', () => {
  const { scores } = scoresOf({ tokens: [1, 2], logProbabilities: [-1, -3] }, list, true);
  assert.deepEqual(scores, [
    { text: '\uFFFD', logProbability: -1, bytes: [0xc3] },
    { text: '\uFFFD', logProbability: -3, bytes: [0xa9] },
  ]);
});
