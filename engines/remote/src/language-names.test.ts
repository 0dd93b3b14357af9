import assert from 'node:assert/strict';
import { it } from 'node:test';
import { languageCode, languageName } from './language-names.js';

it('languages are known by code and by English name', () => {
  const codes = ['de', 'DE', 'de-DE', 'German', 'german', 'Lao', 'Cantonese', 'fil', 'Filipino', 'Norwegian'];
  assert.deepEqual(codes.map(languageCode), ['de', 'de', 'de', 'de', 'de', 'lo', 'yue', 'fil', 'fil', 'no']);
  assert.equal(languageCode('None'), undefined);
  assert.deepEqual(['de', 'zh', 'yue', 'not a code'].map(languageName), [
    'German',
    'Chinese',
    'Cantonese',
    'not a code',
  ]);
});
