import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { wordsOf } from '@vox-speech/contract';
import { TokenList } from './tokens.js';

/** All bytes, by their value, then merges by rank: a vocabulary as Whisper's is made, but small. */
const MERGES = ['he', 'll', 'hell', 'hello', ' w', 'or', 'ld', ' wor', '  '];
/** Two of three bytes of a character, the character; a space with the first of four. */
const PARTS = [Buffer.of(0xe5, 0xa5), Buffer.of(0xe5, 0xa5, 0xbd), Buffer.of(0x20, 0xf0)];
const GOOD = 256 + MERGES.length + 1;
const EMPTY = GOOD + 2;
const bytes = Array.from({ length: 256 }, (_, byte) => Buffer.of(byte));
const tokens = [...bytes, ...MERGES.map((text) => Buffer.from(text)), ...PARTS, Buffer.alloc(0)];
const content = tokens.map((token, number) => `${token.toString('base64')} ${number}\n`).join('');
const list = TokenList.parse(content);
const merged = (text: string): number => 256 + MERGES.indexOf(text);

test('numbers spell text; those that are no text tokens spell nothing', () => {
  assert.equal(list.textOf([merged('hello'), merged(' wor'), merged('ld')]), 'hello world');
  assert.equal(list.textOf([merged('hello'), EMPTY, EMPTY + 1, 50_364, -1]), 'hello');
  assert.deepEqual([...list.bytesOf(GOOD)], [0xe5, 0xa5, 0xbd]);
  assert.equal(list.bytesOf(9999).length, 0);
});

test('characters may be spread over tokens; a part of one is U+FFFD', () => {
  const parts = [...Buffer.from('😀')];
  assert.equal(list.textOf([0x61, ...parts, 0x62]), 'a😀b');
  assert.equal(list.textOf([0x61, ...parts.slice(0, 3), 0x62]), 'a\uFFFDb');
  assert.deepEqual(list.textsOf([0x61, parts[0] ?? 0, GOOD]), ['a', '\uFFFD', '好']);
  // A byte order mark is text like any other.
  assert.equal(list.textOf([0xef, 0xbb, 0xbf, 0x61]), '\uFEFFa');
});

test('texts of tokens are what words are made of', () => {
  const numbers = list.encode('a 😀');
  assert.deepEqual(list.textsOf(numbers), ['a', ' \uFFFD', '\uFFFD', '\uFFFD', '\uFFFD']);
  const timestamps = numbers.map((_, at) => at / 10);
  const timed = { text: list.textOf(numbers), tokens: list.textsOf(numbers), timestamps, durations: [] };
  assert.deepEqual(
    wordsOf(timed, 1000).map(({ text }) => text),
    ['a', '😀'],
  );
});

test('a text is cut into pieces, and the pairs of lowest rank are merged first', () => {
  assert.deepEqual(list.encode('hello world'), [merged('hello'), merged(' wor'), merged('ld')]);
  // `hel` is no token: `he` comes before `ll`, which leaves the `l`.
  assert.deepEqual(list.encode('hel'), [merged('he'), 0x6c]);
  assert.deepEqual(list.encode('llll'), [merged('ll'), merged('ll')]);
  assert.deepEqual(list.encode('好a'), [GOOD, 0x61]);
  // Two spaces before a word: one by itself, one with the word.
  assert.deepEqual(list.encode('a  wor'), [0x61, 0x20, merged(' wor')]);
  assert.deepEqual(list.encode('a  '), [0x61, merged('  ')]);
  assert.deepEqual(list.encode(''), []);
});

// Merged as one piece it would take minutes.
test('a run of 300 000 letters comes out whole', () => {
  const long = 'hellox'.repeat(50_000);
  assert.equal(list.textOf(list.encode(long)), long);
});

test('a file that is no token list is refused, with the line', () => {
  const refused = (text: string, message: RegExp): void => {
    assert.throws(() => TokenList.parse(text), { message });
  };
  refused('', /no token/);
  refused('IQ== 0\nIg==\n', /line 2 is not/);
  refused('IQ== 0\n\nIg== 1\n', /line 2 is not/);
  refused('IQ== 0\nI!== 1\n', /line 2 is not/);
  refused('IQ== 0\nIg= 1\n', /line 2 is not/);
  refused('IQ== 0\nIg== x\n', /line 2 is not/);
  refused('IQ== 9999999\n', /line 1 is not/);
  refused('IQ== 0\nIg== 0\n', /line 2 has number 0, which does not rise/);
  assert.throws(() => TokenList.parse('aGU= 0\n').encode('hex'), { message: /none for byte 120/ });
});

const views = join(process.env.VOX_TEST_HOME ?? '', 'models', 'views', 'whisper');
const SPOKEN = [
  ' And so, my fellow Americans: ask not what your country can do for you!',
  "It's 3.50%, isn't it?  Two spaces,\n\na new line\tand they'll WE'LL end ",
  'Широкая электрификация южных губерний даст мощный толчок.',
  '今天天气很好，我们去公园吧。',
  'a 😀 👩‍👩‍👧 été \u00a0\u3000x\uFEFFy',
];

/** Known numbers: of GPT-2's vocabulary by its publisher, of Whisper's by the tokenizer that came with the checkpoint. */
const KNOWN: readonly { model: string; texts: Readonly<Record<string, readonly number[]>> }[] = [
  { model: 'tiny.en', texts: { ' Hello world': [18435, 995], 'Hello, world!': [15496, 11, 995, 0] } },
  {
    model: 'base',
    texts: {
      ' Hello world': [2425, 1002],
      'Hello, world!': [15947, 11, 1002, 0],
      '今天天气很好，我们去公园吧。': [
        12074, 6135, 42204, 23801, 171, 120, 234, 15003, 6734, 13545, 3919, 255, 6062, 1543,
      ],
      'a 😀': [64, 20732, 222],
    },
  },
];

for (const { model, texts } of KNOWN) {
  const path = join(views, model, 'tokens.txt');
  const skip = !existsSync(path) && `whisper:${model} is not pulled (VOX_TEST_HOME)`;
  test(`whisper:${model}: text to tokens and back`, { skip }, () => {
    const real = TokenList.parse(readFileSync(path, 'utf8'));
    for (const [text, numbers] of Object.entries(texts)) assert.deepEqual(real.encode(text), numbers, text);
    for (const text of SPOKEN) assert.equal(real.textOf(real.encode(text)), text);
  });
}
