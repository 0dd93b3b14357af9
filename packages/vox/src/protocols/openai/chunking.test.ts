import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readChunking } from './chunking.js';

const fields = (values: Record<string, string>) =>
  new Map(Object.entries(values).map(([name, value]) => [name, [value]]));
const VAD = { type: 'server_vad', prefix_padding_ms: 300, silence_duration_ms: 200, threshold: 0.5 };
const MEANT = { prefixMs: 300, silenceMs: 200, threshold: 0.5 };

test('an object comes in brackets, as JSON, or both; auto and nothing are the same', () => {
  const brackets = Object.fromEntries(
    Object.entries(VAD).map(([name, value]) => [`chunking_strategy[${name}]`, String(value)]),
  );
  const rows: [Record<string, string>, object | undefined][] = [
    [{}, undefined],
    [{ chunking_strategy: '' }, undefined],
    [{ chunking_strategy: 'auto' }, undefined],
    [{ chunking_strategy: '"auto"' }, undefined],
    [{ chunking_strategy: 'null' }, undefined],
    [brackets, MEANT],
    [{ chunking_strategy: JSON.stringify(VAD) }, MEANT],
    [{ 'chunking_strategy[type]': 'server_vad' }, {}],
    [{ chunking_strategy: '{"type":"server_vad"}', 'chunking_strategy[threshold]': '0' }, { threshold: 0 }],
  ];
  for (const [given, meant] of rows)
    assert.deepEqual(readChunking(fields(given)), meant, JSON.stringify(given));
});

test('what is no strategy is refused, naming the part at fault', () => {
  const rows: [Record<string, string>, RegExp][] = [
    [{ chunking_strategy: 'often' }, /must be auto, or an object/],
    [{ chunking_strategy: '[1]' }, /must be auto, or an object/],
    [{ chunking_strategy: '{' }, /must be auto, or an object/],
    [{ chunking_strategy: '{"type":"semantic_vad"}' }, /\.type must be server_vad; got "semantic_vad"/],
    [{ 'chunking_strategy[threshold]': '0.5' }, /\.type must be server_vad; got null/],
    [
      { chunking_strategy: JSON.stringify({ ...VAD, threshold: 1.1 }) },
      /\.threshold must be a number from 0 to 1/,
    ],
    [{ chunking_strategy: JSON.stringify({ ...VAD, threshold: true }) }, /\.threshold must be a number/],
    [
      { 'chunking_strategy[type]': 'server_vad', 'chunking_strategy[silence_duration_ms]': '-1' },
      /\.silence_duration_ms must be a number from 0 to 10000/,
    ],
    [
      { 'chunking_strategy[type]': 'server_vad', 'chunking_strategy[prefix_padding_ms]': 'x' },
      /\.prefix_padding_ms must be a number/,
    ],
    [{ chunking_strategy: '{"type":"server_vad","padding":1}' }, /has no "padding"/],
  ];
  for (const [given, message] of rows)
    assert.throws(() => readChunking(fields(given)), {
      code: 'invalid_request',
      param: 'chunking_strategy',
      message,
    });
});
