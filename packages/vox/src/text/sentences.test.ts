import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isSpeakable, MAX_SENTENCE, splitSentences } from './sentences.js';

const split = (text: string): string[] => splitSentences(text).map((sentence) => sentence.text);

/** Each row: the sentences that their own join with a space must be split into. */
const TABLE: readonly (readonly string[])[] = [
  ['Dr. Smith paid $3.50 at example.com.'],
  ['Dr. Smith paid $3.50 at example.com.', 'He left.'],
  ['Mr. and Mrs. Jones met Prof. Li.', 'They talked.'],
  ['J. R. R. Tolkien wrote it.', 'It sold well.'],
  ['George W. Bush and John F. Kennedy spoke.'],
  ['It costs 3.14 euros.', 'Version 1.2.3 is out.'],
  ['See https://example.com/a.b?c=d. Is it there?'].flatMap((s) =>
    s.split('. Is').map((p, i) => (i ? `Is${p}` : `${p}.`)),
  ),
  ['Wait...', 'What?'],
  ['Well... maybe not.'],
  ['He said … nothing.'],
  ['"Stop!" he cried.', '"Why?"', '"Because."'],
  ['(This is one.)', '[And two.]', 'Three.'],
  ['Really?!', 'Yes!!!', 'No.'],
  ['She said no.', 'Then she left.'],
  ['See No. 5 and fig. 3 on p. 12.', 'Done.'],
  ['We met at 5 p.m. The train was late.'].flatMap(() => ['We met at 5 p.m.', 'The train was late.']),
  ['The U.S. Army came.', 'It was big.'],
  ['He lives in the U.S.', 'He likes it.'],
  ['Apples, pears, etc. are fruit.'],
  ['Acme Inc. shipped it.', 'Acme Inc.', 'The end.'],
  ['e.g. this one, i.e. that one.', 'Next.'],
  ['It was Jan. 5.', 'We went.'],
  ['1. Open the door.', '2. Close it.'],
  ['Yahoo! is a company.'],
  ['“Curly quotes too.”', '‘Yes.’'],
  ['Plan B. We go.'].flatMap(() => ['Plan B.', 'We go.']),
];

for (const row of TABLE)
  test(`splits: ${row.join(' | ')}`, () => {
    assert.deepEqual(split(row.join(' ')), row);
  });

test('Chinese and Japanese sentences need no space', () => {
  assert.deepEqual(split('你好。你好吗？我很好！'), ['你好。', '你好吗？', '我很好！']);
  assert.deepEqual(split('「はい。」そうです。'), ['「はい。」', 'そうです。']);
});

test('paragraphs end sentences and are marked; wrapped lines are joined, headings are not', () => {
  assert.deepEqual(splitSentences('One without a stop\n\nTwo.'), [
    { text: 'One without a stop', endsParagraph: true },
    { text: 'Two.', endsParagraph: true },
  ]);
  const wrapped = 'This line is long enough to have been wrapped by\nan editor. And more.';
  assert.deepEqual(split(wrapped), [
    'This line is long enough to have been wrapped by an editor.',
    'And more.',
  ]);
  assert.deepEqual(split('Shopping\n- apples\n- pears'), ['Shopping', '- apples', '- pears']);
});

test('marks that can not be spoken go with their neighbour', () => {
  assert.deepEqual(split('--- Hello. *** Bye.'), ['--- Hello.', '*** Bye.']);
  assert.deepEqual(split('Hello. ...'), ['Hello. ...']);
  assert.equal(isSpeakable(' ... —!? '), false);
  assert.equal(isSpeakable('3'), true);
  assert.deepEqual(split('   \n '), []);
});

test('a long sentence is cut at clauses, then between words, then anywhere, never above the limit', () => {
  const clauses = `${'some words that go on, '.repeat(60)}end.`;
  for (const part of split(clauses).slice(0, -1)) assert.match(part, /,$/);
  const words = `${'word '.repeat(300)}end.`;
  for (const part of split(words)) assert.ok(part.length <= MAX_SENTENCE && !/wor$|^rd/.test(part));
  const one = '😀a'.repeat(700);
  const parts = split(one);
  assert.equal(parts.join(''), one);
  for (const part of parts) {
    assert.ok(part.length <= MAX_SENTENCE);
    assert.doesNotThrow(() => encodeURIComponent(part), 'half of a character');
  }
});

test('nothing but white space is ever lost, and parts stay under the limit', () => {
  const pieces = fc.constantFrom(
    'Dr.',
    'word',
    'Hello',
    '.',
    '...',
    '!',
    '?!',
    '"',
    '”',
    '(',
    ')',
    ' ',
    '  ',
    '\n',
    '\n\n',
    '3.50',
    'e.g.',
    'U.S.',
    ',',
    '。',
    '你好',
    'a@b.c',
    'http://x.y/z.',
    '—',
    '1.',
    '\t',
    '\u2028',
    'é',
    '😀',
    'The',
    'x'.repeat(60),
  );
  const text = fc.oneof(
    fc.array(pieces, { maxLength: 60 }).map((list) => list.join('')),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
  );
  const bare = (value: string): string => value.replace(/[\s\f\u2028\u2029]+/gu, '');
  fc.assert(
    fc.property(text, fc.integer({ min: 20, max: 80 }), (value, limit) => {
      const sentences = splitSentences(value, limit);
      assert.equal(bare(sentences.map((sentence) => sentence.text).join('')), bare(value));
      for (const sentence of sentences) assert.notEqual(sentence.text.trim(), '');
      assert.equal(
        sentences.some((sentence) => isSpeakable(sentence.text)),
        isSpeakable(value),
      );
    }),
    { numRuns: 500 },
  );
});
