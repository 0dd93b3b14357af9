import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Word } from '@vox-speech/contract';
import { shift } from './decode-window.js';
import { splitSegment } from './segments.js';

/** Words of 300 ms, 100 ms apart, from the words of a text. */
function timed(
  text: string,
  pauses: Record<number, number> = {},
): { text: string; startMs: number; endMs: number; words: Word[] } {
  let at = 0;
  const words = text.split(/\s+/).map((word, index) => {
    at += pauses[index] ?? 0;
    const startMs = at;
    at += 400;
    return { text: word, startMs, endMs: startMs + 300 };
  });
  return { text, startMs: 0, endMs: at, words };
}

const texts = (text: string, pauses?: Record<number, number>): string[] =>
  splitSegment(timed(text, pauses)).map((segment) => segment.text);

test('sentences are segments, with the times of their first and last words', () => {
  const segments = splitSegment(timed('Dr. Smith came. He left at 3.50 sharp.'));
  assert.deepEqual(
    segments.map(({ text, startMs, endMs }) => [text, startMs, endMs]),
    [
      ['Dr. Smith came.', 0, 1100],
      ['He left at 3.50 sharp.', 1200, 3100],
    ],
  );
  assert.deepEqual(
    segments[1]?.words?.map((word) => word.text),
    ['He', 'left', 'at', '3.50', 'sharp.'],
  );
});

test('a long pause ends a segment, and so does length', () => {
  assert.deepEqual(texts('so I said nothing', { 2: 1500 }), ['so I', 'said nothing']);
  const long = texts(Array.from({ length: 60 }, (_, index) => `word${index}`).join(' '));
  assert.ok(long.length > 3);
  for (const text of long) assert.ok(text.length <= 84);
});

test('a long sentence is cut at a comma if it has one', () => {
  const clause = 'one two three four five six seven eight nine ten';
  assert.equal(texts(`${clause}, eleven twelve thirteen fourteen fifteen`)[0], `${clause},`);
});

test('no text is lost, spaces or not', () => {
  const text = '你好。我很好。';
  const words = ['你', '好。', '我', '很', '好。'].map((word, at) => ({
    text: word,
    startMs: at * 200,
    endMs: at * 200 + 200,
  }));
  assert.deepEqual(
    splitSegment({ text, startMs: 0, endMs: 1000, words }).map((segment) => segment.text),
    ['你好。', '我很好。'],
  );
});

test('without word times a window is one segment', () => {
  const segment = { text: 'A. B.', startMs: 5, endMs: 9 };
  assert.deepEqual(splitSegment(segment), [segment]);
});

test('shifting moves words too', () => {
  const moved = shift(
    { text: 'a', startMs: 0, endMs: 10, words: [{ text: 'a', startMs: 1, endMs: 9 }] },
    1000.4,
  );
  assert.deepEqual(moved, {
    text: 'a',
    startMs: 1000,
    endMs: 1010,
    words: [{ text: 'a', startMs: 1001, endMs: 1009 }],
  });
});
