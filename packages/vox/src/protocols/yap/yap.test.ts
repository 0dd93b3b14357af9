/** What a client says and is told: yap.md sections 3 and 9, column "ours". */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../transport/waiting.test.support.js';
import { CHUNK, final, listensLater, partial, serve } from './serve.test.support.js';

test('the greeting comes at once, and says what holds', async (t) => {
  const { connect, live } = await serve(t, { settings: { servedModel: 'voxtral' } });
  const client = await connect();
  const created = await client.next('session.created');
  assert.ok(typeof created.session_id === 'string' && created.session_id !== '');
  const { id, created: when, ...payload } = created.payload as Record<string, unknown>;
  assert.equal(id, created.session_id);
  assert.ok(Number.isInteger(when));
  assert.deepEqual(payload, {
    model: 'voxtral',
    format: 'pcm16',
    sample_rate: 16_000,
    channels: 1,
    delay_ms: 480,
    language: null,
    limits: {
      idle_timeout_s: 150,
      max_duration_s: 5400,
      max_backlog_seconds: 5,
      overflow: 'wait',
      max_message_bytes: 8 * 1024 * 1024,
      max_connections: 0,
    },
  });
  const { request } = await live(0);
  assert.deepEqual(
    [request.options.stableMs, request.options.endpointing.detector, request.options.words, request.overflow],
    [480, 'manual', true, 'wait'],
  );
});

test('an utterance: tokens, final, done, in this order; then the next on the same socket', async (t) => {
  const { greeted, live, scrape } = await serve(t);
  const client = await greeted();
  client.start();
  client.append();
  client.append('r1', CHUNK.subarray(0, 999));
  client.append('r1', CHUNK.subarray(999));
  const first = await live(0);
  await client.settled();
  assert.equal(Buffer.concat(first.audio).length, 2 * CHUNK.length);
  first.listener.onEvent(partial('Hello', 0));
  first.listener.onEvent(partial('Hello world', 5));
  client.commit();
  await until('the commit', () => first.log.includes('commit'));
  const words = [{ text: ' Hello', startMs: 80, endMs: 400.4 }];
  const usage = { promptTokens: 2, completionTokens: 3, totalTokens: 5 };
  first.listener.onEvent(final('Hello world.', 'commit', { words, usage, language: 'en' }));
  const ids = { session_id: 's1', request_id: 'r1' };
  assert.deepEqual(await client.next('token'), { type: 'token', ...ids, payload: { text: 'Hello' } });
  assert.deepEqual(await client.next('token'), { type: 'token', ...ids, payload: { text: ' world.' } });
  assert.deepEqual(await client.next('final'), {
    type: 'final',
    ...ids,
    payload: {
      normalized_text: 'Hello world.',
      words: [{ word: 'Hello', start: 0.08, end: 0.4 }],
      language: 'en',
      audio_seconds: 0.16,
    },
  });
  assert.deepEqual(await client.next('done'), {
    type: 'done',
    ...ids,
    payload: { usage: { prompt_tokens: 2, total_tokens: 5, completion_tokens: 3 } },
  });
  assert.ok(first.request.signal.aborted, 'its place is free');
  // Nothing after done.
  first.listener.onEvent(partial('late', 4));

  client.start('r2');
  const second = await live(1);
  client.append('r2');
  client.commit('r2');
  await until('the commit', () => second.log.includes('commit'));
  second.listener.onEvent(final('Again.'));
  for (const type of ['token', 'final', 'done']) assert.equal((await client.next(type)).request_id, 'r2');
  assert.ok((await scrape()).includes('vox_yap_utterances_total{outcome="done"} 2'));
});

test('audio that comes before the session is open is heard, and the commit behind it', async (t) => {
  const { runtime, greeted, live } = await serve(t);
  const open = listensLater(runtime);
  const client = await greeted();
  client.start();
  for (let i = 0; i < 3; i++) client.append();
  client.commit();
  await client.settled();
  open();
  const session = await live(0);
  await until('the commit', () => session.log.length === 4);
  assert.deepEqual(session.log, ['audio 2560', 'audio 2560', 'audio 2560', 'commit']);
});

test('a final commit without audio: an empty final and done at once, and no work for the engine', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted();
  client.start();
  client.commit();
  const { payload } = await client.next('final');
  assert.equal((payload as Record<string, unknown>).normalized_text, '');
  assert.deepEqual((await client.next('done')).payload, {
    usage: { prompt_tokens: 0, total_tokens: 0, completion_tokens: 0 },
  });
  assert.deepEqual((await live(0)).log, []);
});

test('session.update is answered, and holds from the next utterance on', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted();
  const before = await live(0);
  client.send('session.update', 'u', { delay_ms: 160, language: 'German' });
  const { payload, request_id } = await client.next('session.updated');
  assert.equal(request_id, 'u');
  assert.deepEqual(payload, {
    model: 'whisper:base',
    format: 'pcm16',
    sample_rate: 16_000,
    channels: 1,
    delay_ms: 160,
    language: 'de',
  });
  const now = await live(1);
  assert.ok(before.request.signal.aborted, 'what was opened with the old options is closed');
  assert.deepEqual([now.request.options.stableMs, now.request.options.language], [160, 'de']);
  client.start();
  client.append();
  client.send('session.update', 'u', { delay_ms: 2400 });
  await client.next('session.updated');
  assert.ok(!now.request.signal.aborted, 'the open utterance goes on as it began');
  client.send('session.update', 'u', { model: 'gpt-4o' });
  assert.deepEqual(await client.error(), ['invalid_payload', 'unsupported_model', 'u']);
  client.send('session.update', 'u', { format: 'opus' });
  assert.deepEqual(await client.error(), ['invalid_payload', 'unsupported_format', 'u']);
  client.send('session.update', 'u', { delay_ms: 500 });
  assert.deepEqual(await client.error(), ['invalid_payload', 'invalid_field', 'u']);
  client.send('cancel');
  await client.next('cancelled');
  assert.equal((await live(2)).request.options.stableMs, 2400);
});

test('every fault of a client has its code and reason, and the connection stays', async (t) => {
  const { greeted } = await serve(t);
  const client = await greeted();
  client.socket.send('{');
  assert.deepEqual(await client.error(), ['invalid_message', 'invalid_message', 'unknown']);
  client.append();
  assert.deepEqual(await client.error(), ['invalid_payload', 'no_active_request', 'r1']);
  client.commit();
  assert.deepEqual(await client.error(), ['invalid_payload', 'no_active_request', 'r1']);
  client.socket.ws.send(CHUNK);
  assert.deepEqual(await client.error(), ['invalid_payload', 'no_active_request', 'r1']);
  client.socket.send('[]');
  assert.deepEqual(await client.error(), ['invalid_message', 'invalid_message', 'r1'], 'the last ids seen');
  client.send('transcribe', 'x');
  assert.deepEqual(await client.error(), ['invalid_message', 'unknown_message_type', 'x']);
  client.start();
  client.send('input_audio_buffer.append', 'other', {});
  assert.deepEqual(await client.error(), ['invalid_payload', 'missing_audio', 'other'], 'asked first');
  client.append('other');
  assert.deepEqual(await client.error(), ['invalid_payload', 'no_active_request', 'other']);
  client.commit('other');
  const { payload } = await client.next('error');
  assert.deepEqual((payload as { details: unknown }).details, {
    reason_code: 'request_id_mismatch',
    active_request_id: 'r1',
  });
  client.send('input_audio_buffer.commit', 'r1', { final: 'false' });
  const coerced = (await client.next('error')).payload as { message: string; details: unknown };
  assert.deepEqual(coerced.details, { reason_code: 'invalid_field', field: 'final' });
  assert.match(coerced.message, /payload\.final/);
  client.start();
  assert.deepEqual(await client.error(), ['invalid_payload', 'already_active', 'r1']);
  client.send('ping', 'p');
  assert.deepEqual(await client.next('pong'), {
    type: 'pong',
    session_id: 's1',
    request_id: 'p',
    payload: {},
  });
});

test('bad audio is refused and nothing of the utterance is lost', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted();
  client.start();
  client.append('r1', Buffer.from([1, 2, 3]));
  await client.settled();
  const session = await live(0);
  session.listener.onEvent(partial('Hello', 5));
  await client.next('token');
  for (const audio of ['AA AA', 'AAA', '!!!!', 'AA==AA=='])
    client.send('input_audio_buffer.append', 'r1', { audio });
  client.socket.ws.send(Buffer.alloc(0));
  for (let i = 0; i < 5; i++)
    assert.deepEqual(await client.error(), ['invalid_audio', 'invalid_audio', 'r1']);
  client.socket.ws.send(Buffer.from([4, 5]));
  client.commit();
  await until('the commit', () => session.log.includes('commit'));
  assert.deepEqual(Buffer.concat(session.audio), Buffer.from([1, 2, 3, 4, 5]), 'the odd byte too');
  session.listener.onEvent(final('Hello you'));
  assert.deepEqual((await client.next('token')).payload, { text: ' you' }, 'and no text comes twice');
});

test('cancel: before, within and after an utterance; the next works', async (t) => {
  const { greeted, live, scrape } = await serve(t);
  const client = await greeted();
  client.send('cancel', 'r0');
  assert.deepEqual((await client.next('cancelled')).payload, { reason: 'client_request' });
  client.start();
  client.append();
  const first = await live(0);
  client.send('cancel', 'r1', { reason: 'user' });
  const told = await client.next('cancelled');
  assert.deepEqual([told.request_id, told.payload], ['r1', { reason: 'user' }]);
  assert.ok(first.request.signal.aborted);
  client.send('cancel', 'r1');
  assert.equal((await client.next('cancelled')).request_id, 'r1');
  client.append();
  assert.deepEqual(await client.error(), ['invalid_payload', 'no_active_request', 'r1']);

  client.start('r2');
  client.append('r2');
  client.commit('r2');
  const second = await live(1);
  await until('the commit', () => second.log.includes('commit'));
  // Late: about an utterance that is over.
  client.send('cancel', 'r1');
  assert.equal((await client.next('cancelled')).request_id, 'r1');
  assert.ok(!second.request.signal.aborted);
  second.listener.onEvent(final('Two.'));
  for (const type of ['token', 'final', 'done']) await client.next(type);

  // One with an id of its own is about whatever is open, and both are told.
  client.start('r3');
  client.append('r3');
  client.send('cancel', 'c1');
  assert.equal((await client.next('cancelled')).request_id, 'r3');
  assert.equal((await client.next('cancelled')).request_id, 'c1');
  assert.ok((await live(2)).request.signal.aborted);
  assert.ok((await scrape()).includes('vox_yap_utterances_total{outcome="cancelled"} 2'));
});

test('barge-in: the old utterance is told, open or awaiting done; two ids never mix', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted();
  client.start('r1');
  client.append('r1');
  client.start('r2');
  assert.deepEqual((await client.next('cancelled')).payload, { reason: 'barge_in' });
  const first = await live(0);
  assert.ok(first.request.signal.aborted);
  const second = await live(1);
  client.append('r1');
  assert.deepEqual(await client.error(), ['invalid_payload', 'no_active_request', 'r1']);
  client.append('r2', Buffer.alloc(100));
  client.commit('r1');
  assert.deepEqual(await client.error(), ['invalid_payload', 'request_id_mismatch', 'r1']);
  client.commit('r2');
  await until('the commit', () => second.log.includes('commit'));
  assert.deepEqual(second.log, ['audio 100', 'commit']);
  first.listener.onEvent(final('never'));
  client.commit('r2');
  assert.deepEqual(await client.error(), ['invalid_payload', 'no_active_request', 'r2']);
  client.start('r2');
  assert.deepEqual(await client.error(), ['invalid_payload', 'already_active', 'r2']);
  client.start('r3');
  const old = await client.next('cancelled');
  assert.deepEqual([old.request_id, old.payload], ['r2', { reason: 'barge_in' }]);
  client.append('r3');
  client.commit('r3');
  const third = await live(2);
  await until('the commit', () => third.log.includes('commit'));
  third.listener.onEvent(final('Three.'));
  for (const type of ['token', 'final', 'done']) assert.equal((await client.next(type)).request_id, 'r3');
});

test('pings between the final commit and done, with ids of their own, touch nothing', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted();
  client.start();
  client.append();
  client.commit();
  const first = await live(0);
  await until('the commit', () => first.log.includes('commit'));
  for (let i = 0; i < 3; i++) {
    client.socket.send({ type: 'ping', session_id: 'other', request_id: 'keepalive' });
    const pong = await client.next('pong');
    assert.deepEqual([pong.session_id, pong.request_id], ['other', 'keepalive']);
  }
  client.send('pong', 'keepalive');
  first.listener.onEvent(final('One.'));
  for (const type of ['token', 'final', 'done']) {
    const { session_id, request_id } = await client.next(type);
    assert.deepEqual([session_id, request_id], ['s1', 'r1']);
  }
  client.start('r2');
  client.commit('r2');
  for (const type of ['final', 'done']) assert.equal((await client.next(type)).request_id, 'r2');
});
