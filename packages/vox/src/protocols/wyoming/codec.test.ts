import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Decoded,
  EventDecoder,
  encodeEvent,
  MAX_DATA_BYTES,
  MAX_HEADER_BYTES,
  MAX_PAYLOAD_BYTES,
  PROTOCOL_VERSION,
} from './codec.js';

/** Events with their payloads joined; sizes left out. */
function read(...pieces: (string | Uint8Array)[]) {
  const decoder = new EventDecoder();
  const events: { type: string; data: unknown; payload: string }[] = [];
  for (const item of pieces.flatMap((piece) => decoder.push(Buffer.from(piece as Uint8Array)))) {
    const last = events.at(-1);
    if (item.kind === 'event') events.push({ type: item.type, data: item.data, payload: '' });
    else if (item.kind === 'payload' && last) last.payload += Buffer.from(item.bytes).toString('latin1');
    else if (item.kind === 'fault') events.push({ type: 'fault', data: item.error.message, payload: '' });
  }
  return events;
}

const joined = (parts: readonly Uint8Array[]) => Buffer.concat(parts);

describe('reading events', () => {
  it('takes data from either place, and what stands behind the header counts', () => {
    const body = '{"name":"größe"}';
    const header = JSON.stringify({
      type: 'transcribe',
      data: { name: 'a', language: 'de' },
      data_length: Buffer.byteLength(body),
    });
    assert.deepEqual(read(`${header}\n${body}{"type":"ping","data":{"text":"x"}}\n`), [
      { type: 'transcribe', data: { name: 'größe', language: 'de' }, payload: '' },
      { type: 'ping', data: { text: 'x' }, payload: '' },
    ]);
  });

  it('reads the same however the bytes are cut', () => {
    const bytes = joined([
      ...encodeEvent('describe'),
      ...encodeEvent('audio-chunk', { rate: 16_000, note: 'größe\n' }, Buffer.from('\n{"a\n')),
      Buffer.from('{"type":"ping","data":{"text":"inline"},"data_length":0,"payload_length":null}\n'),
    ]);
    const whole = read(bytes);
    assert.deepEqual(whole, [
      { type: 'describe', data: {}, payload: '' },
      { type: 'audio-chunk', data: { rate: 16_000, note: 'größe\n' }, payload: '\n{"a\n' },
      { type: 'ping', data: { text: 'inline' }, payload: '' },
    ]);
    for (let at = 1; at < bytes.length; at++)
      assert.deepEqual(read(bytes.subarray(0, at), bytes.subarray(at)), whole, `cut at ${at}`);
    assert.deepEqual(read(...[...bytes].map((byte) => Uint8Array.of(byte))), whole);
  });

  it('hands a payload on as it comes, and holds none of it', () => {
    const decoder = new EventDecoder();
    decoder.push(Buffer.from('{"type":"audio-chunk","payload_length":10}\n'));
    const parts = [Buffer.from('abc'), Buffer.from('defghij{')].map((part) => decoder.push(part));
    assert.deepEqual(
      parts.map((items) =>
        items.map((item) => item.kind === 'payload' && Buffer.from(item.bytes).toString()),
      ),
      [['abc'], ['defghij']],
    );
  });

  it('says how large an event was', () => {
    const [event] = new EventDecoder().push(Buffer.from('{"type":"x","data_length":7}\n{"a":1}')) as [
      Extract<Decoded, { kind: 'event' }>,
    ];
    assert.equal(event.bytes, 29 + 7);
  });

  const bad: [string, string, RegExp][] = [
    ['HTTP', 'GET / HTTP/1.1\r\n', /header of an event is no JSON/],
    ['an empty line', '\n', /is no JSON/],
    ['no object', '[1]\n', /must be a JSON object/],
    ['no type', '{"data":{}}\n', /needs its "type"/],
    ['a type that is no text', '{"type":1}\n', /needs its "type"/],
    ['a list as data', '{"type":"x","data":[1]}\n', /data of an event must be a JSON object/],
    ['a negative data_length', '{"type":"x","data_length":-1}\n', /data_length must be .*, not -1/],
    ['a negative payload_length', '{"type":"x","payload_length":-9}\n', /payload_length must be .*, not -9/],
    ['half a byte', '{"type":"x","payload_length":1.5}\n', /payload_length must be/],
    ['a length in words', '{"type":"x","payload_length":"many"}\n', /not "many"/],
    ['too much data', `{"type":"x","data_length":${MAX_DATA_BYTES + 1}}\n`, /data_length must be/],
    [
      'too long a payload',
      `{"type":"x","payload_length":${MAX_PAYLOAD_BYTES + 1}}\n`,
      /payload_length must be/,
    ],
    ['data that are no JSON', '{"type":"x","data_length":3}\n{a}', /data of an event is no JSON/],
    ['data that are no object', '{"type":"x","data_length":4}\nnull', /must be a JSON object/],
    ['a header without end', 'x'.repeat(MAX_HEADER_BYTES + 1), /header of an event may have/],
  ];
  for (const [name, bytes, message] of bad)
    it(`refuses ${name}, and reads nothing behind it`, () => {
      const events = read('{"type":"ping"}\n', bytes, '{"type":"ping"}\n');
      assert.equal(events.length, 2);
      assert.equal(events[1]?.type, 'fault');
      assert.match(String(events[1]?.data), message);
    });

  it('keeps "__proto__" a name like any other', () => {
    const [event] = read('{"type":"x","data":{"__proto__":{"polluted":1}},"data_length":2}\n{}');
    const { polluted } = (event?.data ?? {}) as { polluted?: number };
    assert.equal(polluted, undefined);
  });
});

describe('writing events', () => {
  it('puts data behind the header, with its size in bytes', () => {
    const body = '{"text":"größe"}';
    assert.equal(
      joined(encodeEvent('transcript', { text: 'größe' })).toString(),
      `{"type":"transcript","version":"${PROTOCOL_VERSION}","data_length":${Buffer.byteLength(body)}}\n${body}`,
    );
  });

  it('writes neither data nor payload where there are none', () => {
    assert.equal(
      joined(encodeEvent('transcript-stop')).toString(),
      `{"type":"transcript-stop","version":"${PROTOCOL_VERSION}"}\n`,
    );
  });
});
