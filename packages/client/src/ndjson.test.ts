import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxClientError } from './errors.js';
import { MAX_LINE, NdjsonDecoder } from './ndjson.js';

const EVENTS = [
  { status: 'pulling whisper:base' },
  { status: 'downloading modèle — 模型.onnx 🎙', bytes_completed: 1, bytes_total: 2 },
  { status: 'success' },
];
const RECORDED = new TextEncoder().encode(EVENTS.map((event) => `${JSON.stringify(event)}\n`).join('\r\n'));

test('bytes split at every offset, inside characters too, give the same events', () => {
  for (let at = 0; at <= RECORDED.length; at += 1) {
    const decoder = new NdjsonDecoder();
    const events = [
      ...decoder.push(RECORDED.subarray(0, at)),
      ...decoder.push(RECORDED.subarray(at)),
      ...decoder.finish(),
    ];
    assert.deepEqual(events, EVENTS, `split at ${at}`);
  }
});

test('one byte at a time', () => {
  const decoder = new NdjsonDecoder();
  const events: unknown[] = [];
  for (const byte of RECORDED) events.push(...decoder.push(Uint8Array.of(byte)));
  assert.deepEqual(events, EVENTS);
});

test('an event comes as soon as its line ends, and a last line needs no newline', () => {
  const decoder = new NdjsonDecoder();
  const bytes = new TextEncoder();
  assert.deepEqual(decoder.push(bytes.encode('{"a":1}')), []);
  assert.deepEqual(decoder.push(bytes.encode('\n{"b"')), [{ a: 1 }]);
  assert.deepEqual(decoder.push(bytes.encode(':2}')), []);
  assert.deepEqual(decoder.finish(), [{ b: 2 }]);
});

test('what is no JSON, and a line without end, are told', () => {
  const bytes = new TextEncoder();
  const told = (error: unknown) => VoxClientError.is(error) && error.code === 'broken_answer';
  assert.throws(() => new NdjsonDecoder().push(bytes.encode('<html>\n')), told);
  assert.throws(() => new NdjsonDecoder().push(bytes.encode('x'.repeat(MAX_LINE + 1))), told);
  const decoder = new NdjsonDecoder();
  decoder.push(bytes.encode('{"half":'));
  assert.throws(() => decoder.finish(), told);
});
