import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RawType, rawTypeOf } from './raw-format.js';

const CASES: readonly (readonly [string | undefined, RawType | undefined])[] = [
  ['audio/L16;rate=16000;channels=1', { encoding: 'pcm16', sampleRate: 16_000, channels: 1 }],
  ['audio/L16; rate=24000; channels=2', { encoding: 'pcm16', sampleRate: 24_000, channels: 2 }],
  ['AUDIO/PCM ; Rate="8000"', { encoding: 'pcm16', sampleRate: 8000 }],
  ['audio/pcm', { encoding: 'pcm16' }],
  ['audio/l16; rate=0', undefined],
  ['audio/l16; rate=16000.5', undefined],
  ['audio/l16; rate=', undefined],
  ['audio/l16; rate=16000; channels=65', undefined],
  ['audio/l160; rate=16000', undefined],
  ['audio/wav; rate=16000', undefined],
  ['application/octet-stream', undefined],
  ['', undefined],
  [undefined, undefined],
];

for (const [type, wanted] of CASES)
  test(`the media type ${JSON.stringify(type)}`, () => assert.deepEqual(rawTypeOf(type), wanted));
