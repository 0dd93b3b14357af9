import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordsOf } from './words.js';

/** Tokens 200 ms apart, each 200 ms long. */
const timed = (tokens: string[], text = tokens.join('').trim()) => ({
  text,
  tokens,
  timestamps: tokens.map((_, index) => index * 0.2),
  durations: tokens.map(() => 0.2),
});
const texts = (tokens: string[], text?: string): string[] =>
  wordsOf(timed(tokens, text), 60_000).map((word) => word.text);

test('a space begins a word; parts of words and punctuation are joined', () => {
  assert.deepEqual(texts([' And', ' so', ',', ' fool', 'ish', 'ness', '.']), ['And', 'so,', 'foolishness.']);
  assert.deepEqual(texts([' rather', ' cold', '-', 'he', 'arted']), ['rather', 'cold-hearted']);
  assert.deepEqual(texts([' It', "'s", ' 3', '.', '50', '%']), ["It's", '3.50%']);
});

test('opening quotes belong to the next word, closing ones to the one before', () => {
  assert.deepEqual(texts([' not', ',', ' "', 'What', ' now', '?"', ' (', 'he', ')']), [
    'not,',
    '"What',
    'now?"',
    '(he)',
  ]);
});

test('times: from the first letter to the last, without the pause of a mark', () => {
  const [first, second] = wordsOf(timed([' Hel', 'lo', ',', ' "', 'you', '."']), 60_000);
  assert.deepEqual(first, { text: 'Hello,', startMs: 0, endMs: 400 });
  assert.deepEqual(second, { text: '"you."', startMs: 800, endMs: 1000 });
});

test('a word does not last into the silence after it, nor beyond the audio', () => {
  const long = { text: 'a b', tokens: [' a', ' b'], timestamps: [0, 3], durations: [3, 3] };
  assert.deepEqual(wordsOf(long, 3200), [
    { text: 'a', startMs: 0, endMs: 400 },
    { text: 'b', startMs: 3000, endMs: 3200 },
  ]);
});

test('scripts without spaces: a character is a word', () => {
  assert.deepEqual(texts(['我', '很好', '。', '你', '呢', '？']), ['我', '很', '好。', '你', '呢？']);
  assert.deepEqual(texts([' Hello', '世', '界']), ['Hello', '世', '界']);
});

test('characters that are split over tokens come out whole', () => {
  assert.deepEqual(texts([' a', ' \uFFFD', '\uFFFD', ' b'], 'a 😀 b'), ['a', '😀', 'b']);
  assert.deepEqual(texts(['\uFFFD', '\uFFFD', '好'], '你好'), ['你', '好']);
  assert.deepEqual(texts([' x', '\uFFFD', '\uFFFD\uFFFD'], 'xй'), ['xй']);
});

test('nothing gives nothing', () => {
  assert.deepEqual(wordsOf({ text: '', tokens: [], timestamps: [], durations: [] }, 1000), []);
});
