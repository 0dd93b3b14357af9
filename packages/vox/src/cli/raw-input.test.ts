import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from './command.js';
import { type RawOptions, rawInput } from './raw-input.js';

test('samples without a header are described in full, or not at all', () => {
  assert.equal(rawInput({}), undefined);
  assert.deepEqual(rawInput({ inputFormat: 'PCM_S16LE', sampleRate: '8000', channels: '2' }), {
    format: 'pcm16',
    sampleRate: 8000,
    channels: 2,
  });
  assert.deepEqual(rawInput({ inputFormat: 'f32le', sampleRate: '44100' }), {
    format: 'f32le',
    sampleRate: 44_100,
  });
});

test('half a description says what is missing', () => {
  const cases: [RawOptions, RegExp][] = [
    [{ inputFormat: 'mp3' }, /--input-format mp3: expected one of pcm16, pcm_s16le, f32le/],
    [{ inputFormat: 'toString', sampleRate: '1' }, /expected one of/],
    [{ inputFormat: 'pcm16' }, /needs --sample-rate/],
    [{ sampleRate: '16000' }, /add --input-format/],
    [{ channels: '1' }, /add --input-format/],
    [{ inputFormat: 'pcm16', sampleRate: '16k' }, /--sample-rate 16k: expected a whole number/],
    [{ inputFormat: 'pcm16', sampleRate: '16000', channels: '0' }, /--channels 0/],
  ];
  for (const [options, message] of cases)
    assert.throws(
      () => rawInput(options),
      (error) => error instanceof UsageError && message.test(error.message),
      JSON.stringify(options),
    );
});
