import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawFormat } from '@vox-speech/audio';
import { VoxError } from '@vox-speech/contract';
import { declaredRaw } from './raw-audio.js';

const declared = (fields: Record<string, string>, contentType?: string) =>
  declaredRaw({
    fields: new Map(Object.entries(fields).map(([name, value]) => [name, [value]])),
    file: { path: '', bytes: 2, filename: '', ...(contentType === undefined ? {} : { contentType }) },
  }).raw;

test('fields, the media type, or both say what the samples are; fields stand above it', () => {
  const cases: [Record<string, string>, string | undefined, RawFormat | undefined][] = [
    [{}, undefined, undefined],
    [{}, 'audio/wav', undefined],
    [{}, 'audio/pcm', undefined],
    [{ input_format: '' }, 'application/octet-stream', undefined],
    [{}, 'audio/L16;rate=8000', { encoding: 'pcm16', sampleRate: 8000, channels: 1 }],
    [{}, 'audio/pcm; rate=48000; channels=2', { encoding: 'pcm16', sampleRate: 48_000, channels: 2 }],
    [{ sample_rate: '16000' }, 'audio/pcm', { encoding: 'pcm16', sampleRate: 16_000, channels: 1 }],
    [
      { input_format: 'pcm_s16le', sample_rate: '16000' },
      undefined,
      { encoding: 'pcm16', sampleRate: 16_000, channels: 1 },
    ],
    [
      { input_format: 'f32le', sample_rate: '44100', channels: '2' },
      'audio/L16;rate=8000;channels=1',
      { encoding: 'f32', sampleRate: 44_100, channels: 2 },
    ],
  ];
  for (const [fields, type, wanted] of cases) assert.deepEqual(declared(fields, type), wanted);
});

test('half a description is refused by the field that is missing or wrong', () => {
  const cases: [Record<string, string>, string, RegExp][] = [
    [{ input_format: 'pcm16' }, 'sample_rate', /rate in Hz/],
    [{ input_format: 'mp3', sample_rate: '16000' }, 'input_format', /pcm16, pcm_s16le, f32le/],
    [{ sample_rate: '16000' }, 'input_format', /add one of pcm16/],
    [{ channels: '2' }, 'input_format', /leave them out/],
    [{ input_format: 'pcm16', sample_rate: '999' }, 'sample_rate', /1000 to 384000/],
    [{ input_format: 'pcm16', sample_rate: '16000.5' }, 'sample_rate', /whole/],
    [{ input_format: 'pcm16', sample_rate: '16000', channels: '65' }, 'channels', /1 to 64/],
    [{ input_format: 'pcm16', sample_rate: '16000', channels: '0' }, 'channels', /1 to 64/],
  ];
  for (const [fields, param, message] of cases)
    assert.throws(
      () => declared(fields),
      (error) =>
        VoxError.is(error) &&
        error.code === 'invalid_request' &&
        error.param === param &&
        message.test(error.message),
      JSON.stringify(fields),
    );
});
