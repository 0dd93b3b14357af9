import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { joinText } from './collect.js';
import { parseKeepAlive } from './keep-alive.js';
import { LANGUAGE_NAMES, languageName, parseLanguage } from './languages.js';

test('keep_alive', () => {
  const cases: [unknown, number | undefined][] = [
    [undefined, undefined],
    [null, undefined],
    ['', undefined],
    [0, 0],
    ['0', 0],
    [300, 300],
    ['300', 300],
    ['1.5', 1.5],
    ['5m', 300],
    ['1h30m', 5400],
    ['500ms', 0.5],
    [' 2d ', 172_800],
    [-1, Number.POSITIVE_INFINITY],
    ['-1', Number.POSITIVE_INFINITY],
    ['-5m', Number.POSITIVE_INFINITY],
  ];
  for (const [value, seconds] of cases) assert.equal(parseKeepAlive(value), seconds, String(value));
  for (const bad of ['soon', '5 minutes', '5m!', 'm', '--1', Number.NaN, true, {}, ['5m']])
    assert.throws(
      () => parseKeepAlive(bad),
      (error) => VoxError.is(error) && error.param === 'keep_alive' && error.code === 'invalid_request',
    );
});

test('languages as clients write them', () => {
  const cases: [string | null | undefined, string | undefined][] = [
    [undefined, undefined],
    [null, undefined],
    ['', undefined],
    ['auto', undefined],
    ['en', 'en'],
    ['EN', 'en'],
    ['en-US', 'en'],
    ['pt_BR', 'pt'],
    ['english', 'en'],
    ['Mandarin', 'zh'],
    ['haitian creole', 'ht'],
    ['yue', 'yue'],
    ['klingon', 'klingon'],
    ['zz-ZZ', 'zz-zz'],
    ['constructor', 'constructor'],
  ];
  for (const [value, code] of cases) assert.equal(parseLanguage(value), code, String(value));
  assert.equal(Object.keys(LANGUAGE_NAMES).length, 100);
  assert.equal(languageName('de'), 'german');
  assert.equal(languageName('xx'), 'xx');
});

test('segments are joined as their language writes', () => {
  const segments = [' a ', '', 'b'].map((text) => ({ text, startMs: 0, endMs: 1 }));
  assert.equal(joinText(segments, 'en'), 'a b');
  assert.equal(joinText(segments), 'a b');
  assert.equal(joinText(segments, 'ja'), 'ab');
  assert.equal(joinText([]), '');
});
