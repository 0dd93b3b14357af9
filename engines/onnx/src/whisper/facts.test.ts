import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFacts } from './facts.js';

const ENGLISH = {
  n_text_layer: '4',
  n_text_state: '384',
  n_text_ctx: '448',
  eot: '50256',
  sot: '50257',
  sot_prev: '50360',
  no_timestamps: '50362',
  blank_id: '220',
  non_speech_tokens: '1,2,7',
  is_multilingual: '0',
  all_language_tokens: '',
  all_language_codes: '',
};
const MANY = {
  ...ENGLISH,
  is_multilingual: '1',
  transcribe: '50359',
  translate: '50358',
  all_language_tokens: '50259,50261',
  all_language_codes: 'en,de',
};
const read = (metadata: Readonly<Record<string, string>>) => readFacts({ metadata: (key) => metadata[key] });

test('a model that knows English alone has no languages and no tasks', () => {
  assert.deepEqual(read(ENGLISH), {
    textLayers: 4,
    state: 384,
    textContext: 448,
    endOfText: 50_256,
    startOfTranscript: 50_257,
    startOfPrevious: 50_360,
    noTimestamps: 50_362,
    blank: 220,
    suppressed: [1, 2, 7],
  });
});

test('one that knows many has the token of each', () => {
  assert.deepEqual(read(MANY).many, {
    transcribe: 50_359,
    translate: 50_358,
    languages: new Map([
      ['en', 50_259],
      ['de', 50_261],
    ]),
  });
});

test('what is missing or no number is named', () => {
  for (const key of Object.keys(MANY)) {
    const { [key as keyof typeof MANY]: _, ...rest } = MANY;
    assert.throws(() => read(rest), { message: `its metadata have no ${key}` });
  }
  for (const [key, value] of [
    ['n_text_ctx', ''],
    ['n_text_ctx', '-448'],
    ['n_text_ctx', '44.8'],
    ['eot', '1e3'],
    ['non_speech_tokens', '1,two'],
    ['all_language_tokens', '50259,x'],
  ] as const)
    assert.throws(
      () => read({ ...MANY, [key]: value }),
      new RegExp(`its metadata's ${key} has '.*', which is no`),
    );
  assert.throws(() => read({ ...MANY, all_language_codes: 'en' }), /1 all_language_codes for 2 tokens/);
});
