import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeModel, type LiveOptions, type ModelInfo } from '@vox-speech/contract';
import { LIVE } from '../sessions/live-options.test.support.js';
import { manifest } from './fake-runtime.test.support.js';
import { checkLive } from './listen.js';

const INFO = describeModel({
  kind: 'stt',
  family: 'whisper',
  sampleRate: 16_000,
  languages: ['en', 'de'],
  maxWindowMs: 30_000,
  canDetectLanguage: true,
  concurrency: 1,
});

const check = (info: Partial<ModelInfo>, live: Partial<LiveOptions>) =>
  checkLive({ ...LIVE, ...live }, { ...manifest('a:b', 'stt'), info: { ...INFO, ...info } });

test('hotwords and a prompt reach a model that takes them, together', () => {
  const rows: [Partial<LiveOptions>, string | undefined][] = [
    [{ hotwords: ['Vox', 'Silero VAD'] }, 'Vox, Silero VAD'],
    [{ hotwords: ['Vox'], prompt: 'A talk.' }, 'A talk. Vox'],
    [{ prompt: 'A talk.' }, 'A talk.'],
    [{}, undefined],
  ];
  for (const [live, prompt] of rows) {
    const { options, warnings } = check({ canPrompt: true }, live);
    assert.equal(options.prompt, prompt);
    assert.deepEqual(warnings, []);
    assert.deepEqual(options.hotwords, []);
  }
  const { options, warnings } = check({ canBias: true }, { hotwords: ['Vox'] });
  assert.deepEqual([options.hotwords, options.prompt, warnings], [['Vox'], undefined, []]);
});

test('what a model does not take is said, an option each, and left out', () => {
  const { options, warnings } = check({}, { hotwords: ['Vox'], prompt: 'A talk.', words: true });
  assert.deepEqual(
    warnings.map(({ type, option }) => [type, option]),
    [
      ['unsupported', 'prompt'],
      ['unsupported', 'hotwords'],
      ['unsupported', 'words'],
    ],
  );
  assert.deepEqual([options.prompt, options.words, options.hotwords], [undefined, false, []]);
  // Before its first load nobody knows what a model of the user's own can.
  const { info: _, ...unknown } = { ...manifest('a:b', 'stt'), info: INFO };
  assert.equal(checkLive({ ...LIVE, hotwords: ['Vox'] }, unknown).warnings[0]?.option, 'hotwords');
});

test('rates and languages that can not be heard are refused by name', () => {
  for (const [live, param] of [
    [{ sampleRate: 7_999 }, 'sample_rate'],
    [{ sampleRate: 192_001 }, 'sample_rate'],
    [{ language: 'xx' }, 'language'],
  ] as const)
    assert.throws(() => check({}, live), { code: 'invalid_request', param });
  assert.equal(check({}, { language: 'de' }).options.language, 'de');
  assert.equal(check({}, {}).options.language, undefined);
});
