/** How connections end: stt-ws.md 2.5 and section 7, a row each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import type { SocketClient } from '../../transport/socket-client.test.support.js';
import { until } from '../../transport/waiting.test.support.js';
import { final, partial, refused, serve } from './serve.test.support.js';

const OPEN = 'call_id=c1&sample_rate=16000';

test('a bad query: an error frame, and a close of the same code and text', async (t) => {
  const { connect, runtime } = await serve(t);
  const rows: [string, string, string][] = [
    ['', 'unknown', 'call_id is required'],
    ['call_id=c1', 'c1', 'sample_rate is required'],
    ['call_id=c1&sample_rate=8000', 'c1', 'Invalid sample_rate: 8000. Must be 16000.'],
    ['call_id=c1&sample_rate=x', 'c1', 'Invalid sample_rate: x. Must be an integer.'],
    [`${OPEN}&codec=opus`, 'c1', 'Invalid codec: opus. Must be pcm_s16le.'],
    [`${OPEN}&channels=2`, 'c1', 'Invalid channels: 2. Must be 1.'],
    [`${OPEN}&partial_ms=soon`, 'c1', 'Invalid partial_ms: soon. Must be an integer.'],
  ];
  for (const [query, callId, text] of rows) {
    const { code, message, frame } = await refused(await connect(query));
    assert.deepEqual([code, message, frame.call_id], [1008, text, callId], query);
  }
  assert.equal(runtime.asked.listen.length, 0);
});

test('a bad message: 1008, in the original’s words where it has some', async (t) => {
  const { session } = await serve(t);
  const rows: [string | Buffer, RegExp][] = [
    ['{', /^Invalid JSON$/],
    ['commit', /^Invalid JSON$/],
    ['[]', /JSON object/],
    ['"x"', /JSON object/],
    ['null', /JSON object/],
    ['7', /JSON object/],
    ['{}', /^Invalid message type: None$/],
    ['{"type":"foo"}', /^Invalid message type: foo$/],
    ['{"type":["commit"]}', /^Invalid message type: \["commit"\]$/],
    [JSON.stringify({ type: '€'.repeat(5000) }), /^Invalid message type: €+/],
  ];
  for (const [sent, text] of rows) {
    const { client, live } = await session();
    client.ws.send(sent);
    const [code, reason] = await client.closed;
    assert.equal(code, 1008);
    assert.match(reason, text);
    assert.match(String(client.messages.at(-1)?.message), text);
    assert.ok(live.request.signal.aborted, 'the session ended with it');
  }
});

test('errors of the runtime: their close code, and a hint where asking again may help', async (t) => {
  const { runtime, connect, session } = await serve(t);
  const rows: [VoxError, number, RegExp, number | undefined][] = [
    [new VoxError('overloaded', 'no room', { retryAfter: 5 }), 1013, /^no room$/, 5_000],
    [new VoxError('shutting_down', 'the server is stopping'), 1013, /stopping/, undefined],
    [new VoxError('model_not_pulled', 'Pull it first: vox pull x'), 1008, /vox pull x/, undefined],
    [new VoxError('runner_crashed', 'the process died'), 1011, /died/, undefined],
    [new VoxError('internal', 'secret /home/x'), 1011, /^internal error$/, undefined],
  ];
  for (const [error, close, text, retry] of rows) {
    runtime.script.listenError = error;
    const before = await refused(await connect());
    assert.equal(before.code, close);
    assert.match(before.message, text);
    assert.equal(before.frame.retry_after_ms, retry);
    delete runtime.script.listenError;
    const { client, live } = await session();
    live.listener.onError(error);
    assert.deepEqual([(await refused(client)).code, live.request.signal.aborted], [close, true]);
    assert.deepEqual(
      client.messages.map(({ type }) => type),
      ['ready', 'error'],
    );
  }
  const plain = await connect({ model: 'piper:joe' });
  assert.match((await refused(plain)).message, /not a stt model/);
});

test('drops: a notice, a line at the 1st, 51st, ..., and 1008 at the limit', async (t) => {
  const { session, lines, scrape } = await serve(t, { maxDrops: 120 });
  const { client, say, live } = await session();
  for (let i = 0; i < 119; i++) say({ type: 'dropped', fromMs: i, toMs: i + 1, frames: 1 });
  say(final('still there'));
  assert.equal((await client.next('final')).text, 'still there');
  say({ type: 'dropped', fromMs: 119, toMs: 120, frames: 1 });
  const { code, message } = await refused(client);
  assert.deepEqual([code, message, live.request.signal.aborted], [1008, 'audio queue overflow', true]);
  const logged = lines.filter(({ event }) => event === 'queue.in.drop_oldest');
  assert.deepEqual(
    logged.map(({ total_dropped, q_size }) => [total_dropped, q_size]),
    [
      [1, 200],
      [51, 200],
      [101, 200],
    ],
  );
  assert.ok(lines.some(({ event }) => event === 'queue.in.overflow_limit'));
  await until('the end', () => lines.some(({ event }) => event === 'ws.troubleshoot_bundle'));
  const metrics = await scrape();
  for (const line of [
    'stt_q_in_frames_dropped_total 120',
    'stt_q_in_overflow_total 1',
    'stt_close_total{code="1008"} 1',
    'stt_error_total{code="1008"} 1',
    'stt_active_connections 0',
  ])
    assert.ok(metrics.includes(line), line);
});

test('every commit is answered: two in a row, the second with nothing in it', async (t) => {
  const { session } = await serve(t);
  const { client, say } = await session();
  say(final('one', 'commit'));
  say(final('', 'commit', { sinceFirstAudioMs: 0 }));
  const first = await client.next('final');
  const second = await client.next('final');
  assert.deepEqual([first.text, first.segment_seq, first.reason], ['one', 1, 'commit']);
  assert.deepEqual([second.text, second.segment_seq], ['', 2]);
});

test('a client that commits for ever is let go', async (t) => {
  const { session } = await serve(t);
  const { client, live, say } = await session();
  for (let i = 0; i < 1_010; i++) client.send({ type: 'commit' });
  say(final('', 'commit'));
  assert.deepEqual(await client.closed, [1008, 'audio queue overflow']);
  assert.ok(live.log.filter((what) => what === 'commit').length <= 1_001);
});

test('a client that goes away in the middle of a segment is counted as abandoned, and its session ends', async (t) => {
  const { session, scrape, lines } = await serve(t);
  const rows: [(client: SocketClient) => void, number, boolean][] = [
    [({ ws }) => ws.close(1000), 1000, false],
    [({ ws }) => ws.close(), 1000, false],
    [({ ws }) => ws.close(4001), 4001, true],
    [({ ws }) => ws.terminate(), 1006, true],
  ];
  for (const [leave, code, bundle] of rows) {
    const { client, live, say } = await session({ call_id: String(code) });
    say({ type: 'speech-started', utterance: 1, atMs: 0 });
    const from = lines.length;
    leave(client);
    await until('the end', () => lines.slice(from).some(({ event }) => event === 'ws.closed'));
    assert.ok(live.request.signal.aborted);
    say(final('too late'));
    const end = lines.slice(from).find(({ event }) => event === 'ws.closed');
    assert.deepEqual([end?.code, end?.abandoned], [code, true]);
    assert.equal(
      lines.slice(from).some(({ event }) => event === 'ws.troubleshoot_bundle'),
      bundle,
      String(code),
    );
  }
  const { client } = await session();
  client.ws.close();
  await client.closed;
  await until('all ended', () => lines.filter(({ event }) => event === 'ws.closed').length === 5);
  const metrics = await scrape();
  for (const line of [
    'stt_abandoned_total 4',
    'stt_close_total{code="1000"} 3',
    'stt_close_total{code="other"} 1',
    'stt_close_total{code="1006"} 1',
    'stt_active_connections 0',
  ])
    assert.ok(metrics.includes(line), `${line}\n${metrics.filter((l) => l.startsWith('stt_close'))}`);
});

test('a client that leaves before ready takes its request along', async (t) => {
  const { connect, runtime, lines } = await serve(t);
  let aborted = false;
  runtime.listen = ({ signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        aborted = true;
        reject(new VoxError('cancelled', 'gone'));
      });
    });
  const client = await connect();
  client.ws.close();
  await until('the end', () => lines.some(({ event }) => event === 'ws.closed'));
  assert.ok(aborted);
  assert.ok(!lines.some(({ event }) => event === 'ws.error'));
});

test('two connections of one call_id are told apart by conn_id', async (t) => {
  const { session } = await serve(t);
  const [a, b] = [await session(), await session()];
  a.say(final('a'));
  b.say(final('b'));
  assert.equal((await a.client.next('final')).text, 'a');
  assert.equal((await b.client.next('final')).text, 'b');
  assert.notEqual(a.client.messages[0]?.conn_id, b.client.messages[0]?.conn_id);
});

test('a message larger than the limit closes with 1009', async (t) => {
  const { session } = await serve(t);
  for (const large of [Buffer.alloc(2 ** 21), 'x'.repeat(2 ** 21)]) {
    const { client, live } = await session();
    client.ws.send(large);
    assert.equal((await client.closed)[0], 1009);
    await until('the end', () => live.request.signal.aborted);
  }
});

test('a slow reader is spared partials and loses no final; when it is stuck: error and 1011', async (t) => {
  const { session, scrape, sockets } = await serve(t, { outQueue: 10 });
  const { client, say } = await session();
  client.ws.pause();
  // Fills the buffers of system and library, so that what follows waits in the server.
  const long = 'x'.repeat(2 ** 20);
  await until('messages wait', () => {
    const waiting = sockets[0]?.waiting ?? 0;
    if (waiting < 8) sockets[0]?.send(JSON.stringify({ type: 'filler', long }));
    return waiting >= 8;
  });
  for (let i = 0; i < 5; i++) say(partial(`hypothesis ${i}`));
  for (let i = 0; i < 12; i++) say(final(`final ${i}`));
  client.ws.resume();
  const [code, reason] = await client.closed;
  assert.deepEqual([code, reason], [1011, 'output queue overflow']);
  const texts = client.messages.filter(({ type }) => type === 'final').map(({ text }) => text);
  assert.deepEqual(
    texts,
    texts.map((_, i) => `final ${i}`),
  );
  assert.ok(
    texts.length >= 2 && texts.length < 12,
    `${texts.length} until the queue was full, each of them kept`,
  );
  assert.deepEqual(
    client.messages.filter(({ type }) => type === 'partial'),
    [],
  );
  assert.deepEqual([client.messages.at(-1)?.type, client.messages.at(-1)?.code], ['error', 1011]);
  const metrics = await scrape();
  assert.ok(metrics.includes('stt_partials_dropped_backpressure_total 5'));
  assert.ok(metrics.includes('stt_q_out_overflow_total 1'));
});

test('a reader that takes nothing at all is told so, once', async (t) => {
  const { session, sockets } = await serve(t);
  const { client } = await session();
  sockets[0]?.onStuck();
  sockets[0]?.onStuck();
  assert.deepEqual([(await refused(client)).code, client.messages.length], [1011, 2]);
});
