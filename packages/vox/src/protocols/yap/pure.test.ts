/** The parts without a socket: envelope, payloads, base64, the text of an utterance, what waits for a session. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Transcript } from '../../runtime/transcript.js';
import { decodeBase64 } from '../../transport/index.js';
import { readCommand } from './codec.js';
import { EarlyAudio } from './early-audio.js';
import { readEnvelope } from './envelope.js';
import { readParameters } from './parameters.js';
import { done } from './render.js';
import { final, partial } from './serve.test.support.js';

const RULES = { modelNames: ['voxtral', 'whisper:base'], delayMs: 480 };
const NOW = { delayMs: 480 };

test('an envelope: ids and type trimmed, no payload is an empty one, and what is wrong in the original’s words', () => {
  const text = '{"type":" ping ","session_id":" s ","request_id":"r\\n","payload":null}';
  assert.deepEqual(readEnvelope(text), {
    ok: true,
    envelope: { type: 'ping', sessionId: 's', requestId: 'r', payload: {} },
  });
  const rows: [string, RegExp][] = [
    ['{', /^invalid JSON: /],
    ['', /^invalid JSON: /],
    ['[]', /^message must be a JSON object$/],
    ['null', /^message must be a JSON object$/],
    ['{}', /^message missing non-empty 'type'$/],
    ['{"type":" "}', /^message missing non-empty 'type'$/],
    ['{"type":1}', /^message missing non-empty 'type'$/],
    ['{"type":"ping"}', /^message missing non-empty 'session_id'$/],
    ['{"type":"ping","session_id":"s"}', /^message missing non-empty 'request_id'$/],
    ['{"type":"ping","session_id":"s","request_id":""}', /^message missing non-empty 'request_id'$/],
    [
      '{"type":"ping","session_id":"s","request_id":"r","payload":[]}',
      /^message 'payload' must be an object$/,
    ],
    [
      '{"type":"ping","session_id":"s","request_id":"r","payload":"x"}',
      /^message 'payload' must be an object$/,
    ],
    [`{"type":"ping","session_id":"${'s'.repeat(300)}","request_id":"r"}`, /'session_id' is longer than 256/],
  ];
  for (const [text, message] of rows) {
    const read = readEnvelope(text);
    assert.ok(!read.ok, text);
    assert.deepEqual(
      [read.fault.code, read.fault.details.reason_code],
      ['invalid_message', 'invalid_message'],
    );
    assert.match(read.fault.message, message);
  }
});

test('commands: every type, and what of a payload is refused', () => {
  const read = (type: string, payload: Record<string, unknown> = {}) =>
    readCommand({ type, sessionId: 's', requestId: 'r', payload }, NOW, RULES);
  const commit = 'input_audio_buffer.commit';
  assert.deepEqual(read('ping'), { type: 'ping' });
  assert.deepEqual(read('pong', { any: 1 }), { type: 'none' });
  assert.deepEqual(read('end'), { type: 'end' });
  assert.deepEqual(read(commit), { type: 'commit', final: false });
  assert.deepEqual(read(commit, { final: null }), { type: 'commit', final: false });
  assert.deepEqual(read(commit, { final: true }), { type: 'commit', final: true });
  for (const final of ['false', 'true', 1, 0, []]) {
    const command = read(commit, { final });
    assert.ok(command.type === 'fault');
    assert.deepEqual([command.fault.code, command.fault.details.field], ['invalid_payload', 'final']);
  }
  assert.deepEqual(read('input_audio_buffer.append', { audio: 'AAAA' }), { type: 'append', audio: 'AAAA' });
  for (const audio of [undefined, null, 7, '', ' \n'])
    assert.deepEqual(read('input_audio_buffer.append', { audio }), { type: 'append', audio: undefined });
  assert.deepEqual(read('cancel', { reason: 'user' }), { type: 'cancel', reason: 'user' });
  for (const reason of [undefined, null, '', 3])
    assert.deepEqual(read('cancel', { reason }), { type: 'cancel', reason: 'client_request' });
  const unknown = read('transcribe');
  assert.ok(unknown.type === 'fault');
  assert.equal(unknown.fault.message, "message type 'transcribe' is not supported");
  assert.equal(unknown.fault.details.reason_code, 'unknown_message_type');
});

test('session.update: what is absent stays, null is the default, one wrong field refuses all', () => {
  const now = { delayMs: 960, language: 'de' };
  const set = (payload: Record<string, unknown>) => {
    const read = readParameters(payload, now, RULES);
    return read.ok ? read.parameters : read.fault.details;
  };
  assert.deepEqual(set({}), now);
  assert.deepEqual(set({ model: 7, delay_ms: null, language: null }), { delayMs: 480 });
  assert.deepEqual(set({ model: 'whisper:base', delay_ms: 80 }), { delayMs: 80, language: 'de' });
  assert.deepEqual(set({ delay_ms: 2400, language: 'en-US' }), { delayMs: 2400, language: 'en' });
  assert.deepEqual(set({ language: 'auto' }), { delayMs: 960 });
  assert.deepEqual(set({ format: 'pcm16', sample_rate: 16_000, channels: 1 }), now);
  assert.deepEqual(set({ model: 'gpt' }), {
    reason_code: 'unsupported_model',
    allowed_model: 'voxtral',
    requested: 'gpt',
  });
  for (const delay of [0, 79, 81, 2401, 2480, 480.5, '480', -80, true])
    assert.deepEqual(set({ delay_ms: delay }), { reason_code: 'invalid_field', field: 'delay_ms' });
  for (const language of [7, 'x', 'no such language'])
    assert.deepEqual(set({ language }), { reason_code: 'invalid_field', field: 'language' });
  const foreign: [string, unknown][] = [
    ['format', 'opus'],
    ['format', 'g711_ulaw'],
    ['format', {}],
    ['sample_rate', 8000],
    ['sample_rate', '16000'],
    ['channels', 2],
  ];
  for (const [field, value] of foreign) {
    const details = set({ [field]: value, delay_ms: 80 }) as Record<string, unknown>;
    assert.deepEqual([details.reason_code, details.field], ['unsupported_format', field]);
  }
});

test('base64 is strict: what Node would forgive is refused, what is right comes back', () => {
  for (const text of [
    'AA',
    'AAA',
    'AAAA=',
    'AA AA',
    'AAA\n',
    ' AAAA',
    'AA==AA==',
    'A===',
    '====',
    '-_-_',
    'AAA*',
    'ÄAAA',
  ])
    assert.equal(decodeBase64(text), undefined, text);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
      assert.deepEqual(new Uint8Array(decodeBase64(Buffer.from(bytes).toString('base64')) ?? []), bytes);
    }),
  );
});

test('tokens append, join pieces with a space, and add up to the final', () => {
  const said = new Transcript('en');
  const tokens = [
    said.partial(partial('Hello', 0)),
    said.partial(partial('Hello world', 5)),
    said.partial(partial('Hello world.', 5)),
    said.final(final('Hello, world.', 'length', { words: [{ text: ' Hello', startMs: 0, endMs: 400 }] })),
    said.partial(partial('How are', 3)),
    said.final(final('How are you?', 'commit', { words: [{ text: ' How', startMs: 900, endMs: 990 }] })),
  ];
  assert.deepEqual(tokens, ['', 'Hello', '', ', world.', ' How', ' are you?']);
  const heard = said.end();
  assert.equal(heard.text, tokens.join(''));
  assert.deepEqual(
    heard.words.map(({ text }) => text),
    [' Hello', ' How'],
  );
  // 1001 ms are 13 steps of 80.
  assert.equal(heard.usage, undefined);
  assert.deepEqual(done(heard, 1_001).payload, {
    usage: { prompt_tokens: 13, completion_tokens: 5, total_tokens: 18 },
  });
});

test('a final that contradicts its tokens is whole all the same; an engine’s own count is summed', () => {
  const said = new Transcript(undefined);
  assert.equal(said.partial(partial('I scream', 8)), 'I scream');
  const usage = { promptTokens: 10, completionTokens: 2, totalTokens: 12 };
  assert.equal(said.final(final('Ice cream', 'length', { usage, language: 'en' })), '');
  assert.equal(said.final(final('please', 'commit', { usage })), '');
  const heard = said.end();
  assert.deepEqual([heard.text, heard.language], ['Ice cream please', 'en']);
  assert.deepEqual(heard.usage, { promptTokens: 20, completionTokens: 4, totalTokens: 24 });
});

test('nothing said, and an empty last piece, add nothing', () => {
  const nothing = new Transcript(undefined);
  assert.equal(nothing.final(final('')), '');
  assert.equal(nothing.end().text, '');
  const said = new Transcript('en');
  said.final(final('One.', 'length'));
  assert.equal(said.final(final('')), '');
  assert.equal(said.end().text, 'One.');
});

test('early audio: a full buffer says so, or drops whole samples from the front and counts them', () => {
  const waiting = new EarlyAudio({ backlogMs: 100, drop: false, inboundQueue: 3 });
  assert.equal(waiting.push(Buffer.alloc(3_199)), undefined);
  assert.equal(waiting.hasRoom, true);
  waiting.push(Buffer.alloc(1));
  assert.equal(waiting.hasRoom, false);
  assert.equal(waiting.take().length, 2);
  for (let i = 0; i < 3; i++) waiting.push(Buffer.alloc(1));
  assert.equal(waiting.hasRoom, false, 'as many messages as may wait');

  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 30 }), (sizes) => {
      const early = new EarlyAudio({ backlogMs: 100, drop: true, inboundQueue: 100 });
      const all = Buffer.from(Array.from({ length: sizes.reduce((a, b) => a + b, 0) }, (_, i) => i % 251));
      let at = 0;
      let until = 0;
      for (const size of sizes) {
        const gone = early.push(all.subarray(at, at + size));
        at += size;
        if (gone === undefined) continue;
        assert.equal(gone.fromMs, until);
        until = gone.toMs;
      }
      const dropped = early.droppedMs * 32;
      assert.equal(dropped % 2, 0);
      assert.equal(early.droppedMs, until);
      const left = Buffer.concat(early.take());
      assert.ok(left.length <= 3_200);
      assert.deepEqual(left, all.subarray(dropped));
    }),
  );
});
