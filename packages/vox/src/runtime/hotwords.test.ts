import assert from 'node:assert/strict';
import { test } from 'node:test';
import { biasOf, HOTWORD_LIMITS, readHotwords } from './hotwords.js';

test('a list is trimmed, without empties and repetitions', () => {
  assert.deepEqual(readHotwords([' Vox ', '', 'Silero VAD', 'Vox', '  '], 'keywords'), ['Vox', 'Silero VAD']);
});

test('too many phrases, a long one and control characters are refused by the name of the field', () => {
  const many = Array.from({ length: HOTWORD_LIMITS.phrases + 1 }, (_, at) => `w${at}`);
  for (const [list, words] of [
    [many, /^keyterm: 201 phrases; at most 200/],
    [['x'.repeat(101)], /^keyterm: a phrase has 101 characters; at most 100/],
    [['a\nb'], /^keyterm: a phrase has a control character/],
  ] as const)
    assert.throws(() => readHotwords(list, 'keyterm'), {
      code: 'invalid_request',
      param: 'keyterm',
      message: words,
    });
  assert.equal(readHotwords(many.slice(1), 'keyterm').length, HOTWORD_LIMITS.phrases);
  assert.equal(readHotwords(['x'.repeat(100)], 'keyterm').length, 1);
});

test('a list reaches a model as a list, else in its prompt, else it is warned of once', () => {
  const asked = { prompt: 'A talk.', hotwords: ['Vox', 'Silero'] };
  assert.deepEqual(biasOf(asked, { canBias: true, canPrompt: true }), { ...asked, warnings: [] });
  assert.deepEqual(biasOf(asked, { canPrompt: true }), { prompt: 'A talk. Vox, Silero', warnings: [] });
  for (const info of [{ canPrompt: false }, undefined]) {
    const { prompt, hotwords, warnings } = biasOf(asked, info);
    assert.deepEqual([prompt, hotwords], ['A talk.', undefined]);
    assert.deepEqual(
      warnings.map(({ type, option }) => [type, option]),
      [['unsupported', 'hotwords']],
    );
  }
  assert.deepEqual(biasOf({ hotwords: [] }, undefined), { warnings: [] });
});

test('words for which a model has no room are left out from the end, with a warning', () => {
  const hotwords = ['Ada', 'Bob', 'Cay'];
  for (const [promptCharacters, prompt, taken] of [
    [13, undefined, hotwords],
    [12, undefined, ['Ada', 'Bob']],
    [13, 'Hi.', ['Ada', 'Bob']],
    [6, 'Hi.', undefined],
  ] as const) {
    const info = { canBias: true, canPrompt: true, promptCharacters } as const;
    const { prompt: asPrompt, ...biased } = biasOf({ hotwords, ...(prompt ? { prompt } : {}) }, info);
    assert.deepEqual([asPrompt, biased.hotwords], [prompt, taken]);
    const left = 3 - (taken?.length ?? 0);
    assert.deepEqual(
      biased.warnings.map(({ type, message }) => [type, message.split('; ')[1]]),
      left === 0 ? [] : [['adjusted', `${left} of 3 were left out`]],
    );
  }
  assert.equal(biasOf({ hotwords }, { canPrompt: true, promptCharacters: 8 }).prompt, 'Ada, Bob');
});
