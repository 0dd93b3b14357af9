import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Segment } from '@vox-speech/contract';
import { phrasesOf } from './phrases.js';

function segment(words: [string, number, number][], more: Partial<Segment> = {}): Segment {
  const timed = words.map(([text, startMs, endMs]) => ({ text, startMs, endMs }));
  const text = words.map(([word]) => word).join('');
  return { text, startMs: timed[0]?.startMs ?? 0, endMs: timed.at(-1)?.endMs ?? 0, words: timed, ...more };
}

const texts = (segments: Segment[]) => phrasesOf(segments).map(({ text }) => text);

test('a silence of 0.6 s cuts, inside a segment too; less does not, between segments either', () => {
  const one = segment([
    [' can', 0, 300],
    ["'t", 300, 400],
    [' stop', 1_000, 1_200],
  ]);
  const two = segment([[' now', 1_799, 2_000]]);
  const far = segment([[' here', 2_600, 3_000]]);
  assert.deepEqual(texts([one, two, far]), ["can't", 'stop now', 'here']);
  const [first] = phrasesOf([one]);
  assert.deepEqual([first?.startSeconds, first?.endSeconds], [0, 0.4]);
});

test('a model’s own utterances are its phrases: its silences are longer than those between words', () => {
  const segments = [
    segment([[' one', 0, 300]], { utterance: 0 }),
    segment([[' more', 1_000, 1_300]], { utterance: 0 }),
    segment([[' cut', 1_300, 1_500]], { utterance: 1 }),
  ];
  assert.deepEqual(texts(segments), ['one more', 'cut']);
});

test('words without spaces of their own get one where the language has them', () => {
  const words: [string, number, number][] = [
    ['привет', 0, 300],
    ['это', 300, 400],
  ];
  assert.deepEqual(texts([segment(words), segment([['тест', 500, 600]])]), ['привет это тест']);
  assert.deepEqual(texts([segment(words, { language: 'zh' })]), ['приветэто']);
});

test('a segment without words is whole; nothing is no phrase; a minute is enough', () => {
  assert.deepEqual(texts([{ text: ' hm ', startMs: 0, endMs: 90_000 }]), ['hm']);
  assert.deepEqual(texts([{ text: ' ', startMs: 0, endMs: 1 }, segment([])]), []);
  const long = Array.from({ length: 90 }, (_, at): [string, number, number] => [
    ' a',
    at * 1000,
    at * 1000 + 999,
  ]);
  assert.deepEqual(
    phrasesOf([segment(long)]).map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds]),
    [
      [0, 60],
      [60, 90],
    ],
  );
});
