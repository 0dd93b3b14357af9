import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Segment } from '@vox-speech/contract';
import { withoutEcho } from './echo.js';

/** Words of 300 ms up to `spoken`, without any time after it. */
function decoded(text: string, spoken: number): Segment {
  const words = text.split(' ').map((word, index) => {
    const startMs = Math.min(index, spoken) * 300;
    return { text: word, startMs, endMs: index < spoken ? startMs + 300 : startMs };
  });
  return { text, startMs: 0, endMs: spoken * 300, words };
}

test('an echo without any time is taken off, text and words', () => {
  const segment = withoutEcho(decoded('Fail again. Fail better. Fail better. Fail better.', 4));
  assert.equal(segment.text, 'Fail again. Fail better.');
  assert.equal(segment.words?.length, 4);
});

test('what was really said twice stays, and so does a new word however brief', () => {
  for (const segment of [
    decoded('Fail better. Fail better.', 4),
    decoded('he said it only', 3),
    decoded('so it goes', 3),
  ])
    assert.equal(withoutEcho(segment), segment);
});

test('without word times nothing is known', () => {
  const segment = { text: 'a a', startMs: 0, endMs: 1 };
  assert.equal(withoutEcho(segment), segment);
});
