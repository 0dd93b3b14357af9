import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readQuery } from './schema.js';

const read = (query: string) => readQuery(`/v1/stt/ws?${query}`, 500);

test('what is refused, in the order of the parameters, and in the original’s words', () => {
  const rows: [string, string, string][] = [
    ['', 'unknown', 'call_id is required'],
    ['call_id=', 'unknown', 'call_id is required'],
    ['sample_rate=8000&codec=opus', 'unknown', 'call_id is required'],
    ['call_id=c', 'c', 'sample_rate is required'],
    ['call_id=c&sample_rate=', 'c', 'sample_rate is required'],
    ['call_id=c&codec=opus', 'c', 'sample_rate is required'],
    ['call_id=c&sample_rate=8000&codec=opus&channels=2', 'c', 'Invalid sample_rate: 8000. Must be 16000.'],
    ['call_id=c&sample_rate=16000&codec=opus&channels=2', 'c', 'Invalid codec: opus. Must be pcm_s16le.'],
    ['call_id=c&sample_rate=16000&channels=2', 'c', 'Invalid channels: 2. Must be 1.'],
    ['call_id=c&sample_rate=abc', 'c', 'Invalid sample_rate: abc. Must be an integer.'],
    ['call_id=c&sample_rate=16000.0', 'c', 'Invalid sample_rate: 16000.0. Must be an integer.'],
    ['call_id=c&sample_rate=16000&channels=x', 'c', 'Invalid channels: x. Must be an integer.'],
    ['call_id=c&sample_rate=16000&frame_ms=x', 'c', 'Invalid frame_ms: x. Must be an integer.'],
    ['call_id=c&sample_rate=16000&partial_ms=1e3', 'c', 'Invalid partial_ms: 1e3. Must be an integer.'],
    ['call_id=c&sample_rate=16000&vad=x', 'c', 'Invalid vad: x. Must be silero, energy, manual.'],
    ['call_id=c&sample_rate=16000&sample_rate=8000', 'c', 'Invalid sample_rate: 8000. Must be 16000.'],
  ];
  for (const [query, callId, message] of rows)
    assert.deepEqual(read(query), { ok: false, callId, fault: { code: 1008, message } }, query);
  const long = read(`call_id=c&sample_rate=16000&codec=${'é'.repeat(500)}`);
  assert.ok(!long.ok && Buffer.byteLength(long.fault.message) <= 120, 'fits into a close reason');
});

test('defaults, and everything given', () => {
  assert.deepEqual(read('call_id=c1&sample_rate=16000'), {
    ok: true,
    parameters: {
      callId: 'c1',
      frameMs: 20,
      partialMs: 500,
      language: 'auto',
      hotwords: [],
      model: '',
    },
  });
  const all =
    'call_id=c1&sample_rate=%2B16000&codec=pcm_s16le&channels=1&frame_ms=-100&partial_ms=250&language=en&model=whisper:base&vad=manual&hotwords=a,b';
  assert.deepEqual(read(all), {
    ok: true,
    parameters: {
      callId: 'c1',
      frameMs: -100,
      partialMs: 250,
      language: 'en',
      languageCode: 'en',
      hotwords: ['a', 'b'],
      model: 'whisper:base',
      detector: 'manual',
    },
  });
});

test('partial_ms is kept within 50 to 10000', () => {
  const rows: [string, number][] = [
    ['0', 50],
    ['-5', 50],
    ['49', 50],
    ['50', 50],
    ['10000', 10_000],
    ['99999999', 10_000],
  ];
  for (const [given, kept] of rows) {
    const query = read(`call_id=c&sample_rate=16000&partial_ms=${given}`);
    assert.ok(query.ok);
    assert.equal(query.parameters.partialMs, kept, given);
  }
});

test('hotwords are percent-decoded a second time, split, trimmed, and empties dropped', () => {
  const rows: [string, string[]][] = [
    ['Vox,%20Silero%20,,', ['Vox', 'Silero']],
    ['%25E4%25BD%25A0,b', ['你', 'b']],
    ['100%25', ['100%']],
    ['a%252Cb', ['a', 'b']],
    ['%25ff', ['\ufffd']],
    ['', []],
  ];
  for (const [given, words] of rows) {
    const query = read(`call_id=c&sample_rate=16000&hotwords=${given}`);
    assert.ok(query.ok);
    assert.deepEqual(query.parameters.hotwords, words, given);
  }
});

test('more hotwords than are taken, or longer ones, are refused by name', () => {
  for (const [given, message] of [
    [
      Array.from({ length: 201 }, (_, at) => `w${at}`).join(','),
      /^Invalid hotwords: 201 phrases; at most 200/,
    ],
    ['x'.repeat(101), /^Invalid hotwords: a phrase has 101 characters/],
  ] as const) {
    const query = read(`call_id=c&sample_rate=16000&hotwords=${given}`);
    assert.ok(!query.ok);
    assert.match(query.fault.message, message);
  }
});
