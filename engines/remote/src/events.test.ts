import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventParser } from './events.js';

const STREAM = Buffer.from(
  ': a comment\r\ndata: {"a":1}\r\n\r\nevent: speech\ndata:zwei – ü\ndata: lines\n\nid: 7\r\rdata: last',
);
const EVENTS = [
  { event: '', data: '{"a":1}' },
  { event: 'speech', data: 'zwei – ü\nlines' },
  { event: '', data: 'last' },
];

describe('server-sent events', () => {
  it('are the same wherever the bytes are cut', () => {
    for (let cut = 0; cut <= STREAM.length; cut++) {
      const parser = new EventParser();
      const found = [...parser.push(STREAM.subarray(0, cut)), ...parser.push(STREAM.subarray(cut))];
      assert.deepEqual([...found, ...parser.end()], EVENTS, `cut at ${cut}`);
    }
  });

  it('come byte by byte too', () => {
    const parser = new EventParser();
    const found = [...STREAM].flatMap((byte) => parser.push(Uint8Array.of(byte)));
    assert.deepEqual([...found, ...parser.end()], EVENTS);
  });

  it('have an end', () => {
    const parser = new EventParser();
    const piece = Buffer.from(`data: ${'x'.repeat(2 ** 20)}\n`);
    assert.throws(
      () => {
        for (let i = 0; i < 17; i++) parser.push(piece);
      },
      { code: 'upstream_failed' },
    );
  });
});
