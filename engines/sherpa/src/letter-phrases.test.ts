import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPhrases } from './letter-phrases.js';

/** Letters by the frame in which they were said; a space is written as one. */
const said = (...letters: readonly [string, number][]) => ({
  tokens: letters.map(([token]) => token),
  timestamps: letters.map(([, frame]) => frame * 0.03),
});

test('20 frames without a letter end a phrase, a space is no letter', () => {
  // The second letter is over with frame 11, so frame 31 would be the twentieth silent one.
  const close = said(['д', 5], ['а', 9], [' ', 12], ['д', 30], ['а', 34]);
  assert.deepEqual(findPhrases(close, 0, 40), { over: [], next: 0, silent: false });
  const apart = said(['д', 5], ['а', 9], [' ', 12], ['д', 31], ['а', 34]);
  assert.deepEqual(findPhrases(apart, 0, 40), {
    over: [{ from: 0, to: 3, cut: false }],
    next: 3,
    silent: false,
  });
});

test('silence behind the last letter ends its phrase, once', () => {
  const letters = said(['д', 5], ['а', 9]);
  assert.deepEqual(findPhrases(letters, 0, 30), { over: [], next: 0, silent: false });
  assert.deepEqual(findPhrases(letters, 0, 31), {
    over: [{ from: 0, to: 2, cut: false }],
    next: 2,
    silent: true,
  });
  assert.deepEqual(findPhrases(letters, 2, 40), { over: [], next: 2, silent: true });
});

test('a phrase is cut after 60 s, and what follows is not silence', () => {
  const cut = { from: 0, to: 400, cut: true };
  const letters = said(...Array.from({ length: 401 }, (_, at): [string, number] => ['а', 5 * at]));
  assert.deepEqual(findPhrases(letters, 0, 2002), { over: [cut], next: 400, silent: false });
  const [shorter] = findPhrases(said(['а', 0], ['б', 1985]), 0, 2000).over;
  assert.deepEqual(shorter, { from: 0, to: 1, cut: false });
  assert.deepEqual(findPhrases(said(['а', 1981], ['б', 1985]), 0, 2000).over, []);
});
