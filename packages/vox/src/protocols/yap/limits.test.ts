/** How connections are refused and closed, and what a flood meets: yap.md section 2, the queue and the backlog. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { WebSocket } from 'ws';
import { until } from '../../transport/waiting.test.support.js';
import { CHUNK, Client, final, listensLater, serve } from './serve.test.support.js';

const NO_KEY =
  "Authentication required. Provide valid API key via 'api_key' query parameter or 'X-API-Key' header.";
const FULL = 'Server cannot accept new connections. Please try again later.';

/** The frame of a refusal or an expiry, whole. */
function frame(code: string, message: string, ids = 'unknown') {
  const payload = { code, message, details: { reason_code: code } };
  return { type: 'error', session_id: ids, request_id: ids, payload };
}

test('a bad key is refused after the upgrade: the frame of the original, then 1008', async (t) => {
  const { connect, url } = await serve(t, { access: { keys: ['right', 'ключ'], keyRequired: true } });
  for (const query of ['', '?api_key=wrong', '?api_key=', '?api_key=right&api_key=wrong']) {
    const client = await connect(query);
    assert.deepEqual(await client.next(), frame('authentication_failed', NO_KEY));
    assert.deepEqual(await client.closed, [1008, NO_KEY]);
  }
  for (const query of ['?api_key=right', '?api_key=%20right%20', `?api_key=${encodeURIComponent('ключ')}`])
    await (await connect(query)).next('session.created');
  const byHeader = async (headers: Record<string, string>, query = ''): Promise<string> => {
    const ws = new WebSocket(`${url.replace('http', 'ws')}/api/asr-streaming${query}`, { headers });
    const text = await new Promise<string>((resolve) => ws.once('message', (data) => resolve(String(data))));
    ws.terminate();
    return (JSON.parse(text) as { type: string }).type;
  };
  assert.equal(await byHeader({ 'x-api-key': 'right' }), 'session.created');
  assert.equal(await byHeader({ 'x-api-key': 'right' }, '?api_key=%20'), 'session.created');
  assert.equal(await byHeader({ 'x-api-key': 'right' }, '?api_key=wrong'), 'error', 'the query counts first');
});

test('without a key everybody may, or nobody where one is required', async (t) => {
  const open = await serve(t);
  await (await open.connect('?api_key=any')).next('session.created');
  const locked = await serve(t, { access: { keys: [], keyRequired: true } });
  for (const query of ['', '?api_key=', '?api_key=any'])
    assert.equal((await (await locked.connect(query)).closed)[0], 1008);
});

test('at capacity: the frame, then 1013; the key is asked for first; a place that is free is given again', async (t) => {
  const { connect, runtime } = await serve(t, {
    settings: { maxConnections: 1, busyCode: 1013 },
    access: { keys: ['right'], keyRequired: true },
  });
  const first = await connect('?api_key=right');
  await first.next('session.created');
  const second = await connect('?api_key=right');
  assert.deepEqual(await second.next(), frame('server_at_capacity', FULL));
  assert.deepEqual(await second.closed, [1013, FULL]);
  assert.equal((await (await connect('?api_key=wrong')).closed)[0], 1008);
  first.ws.close();
  await first.closed;
  await until('a free place', () => runtime.asked.listen.every(({ request }) => request.signal.aborted));
  await (await connect('?api_key=right')).next('session.created');
});

test('where the machine says that it is full, the same', async (t) => {
  const { connect, runtime } = await serve(t);
  runtime.script.listenError = new VoxError('overloaded', 'no room', { retryAfter: 5 });
  const client = await connect();
  assert.deepEqual(await client.closed, [1013, FULL]);
  assert.deepEqual(client.messages.at(-1), frame('server_at_capacity', FULL));
});

test('idle: an error frame, then 4000; any message keeps it open, an utterance too', async (t) => {
  const { greeted, live } = await serve(t, {
    settings: { idleMs: 300, tickMs: 10, idleReason: 'too quiet' },
  });
  const client = await greeted();
  client.start();
  client.append();
  const talking = await live(0);
  const quiet = await greeted();
  assert.deepEqual(await quiet.socket.closed, [4000, 'too quiet']);
  const { payload, session_id } = await quiet.next('error');
  assert.equal(session_id, 'unknown');
  assert.deepEqual((payload as { code: string; details: unknown }).code, 'idle_timeout');
  assert.deepEqual((payload as { details: unknown }).details, { reason_code: 'idle_timeout' });
  // Muted for as long as the other one lived, and open.
  client.commit();
  await until('the commit', () => talking.log.includes('commit'));
  talking.listener.onEvent(final('Still here.'));
  for (const type of ['token', 'final', 'done']) await client.next(type);
  assert.equal((await client.socket.closed)[0], 4000);
});

test('the longest life counts whatever happens: an error frame, then 4003', async (t) => {
  const { greeted, live } = await serve(t, { settings: { maxDurationMs: 150, tickMs: 10 } });
  const client = await greeted();
  client.start();
  client.append();
  assert.deepEqual(await client.socket.closed, [4003, 'max connection duration reached']);
  assert.deepEqual(await client.error(), ['max_duration', 'max_duration', 'r1']);
  assert.ok((await live(0)).request.signal.aborted);
});

test('300 messages in one burst just work', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted();
  client.start();
  for (let i = 0; i < 298; i++) client.append('r1', Buffer.from([i % 256, 7]));
  client.commit();
  const session = await live(0);
  await until('the commit', () => session.log.includes('commit'));
  assert.equal(session.log.length, 299);
  session.listener.onEvent(final('All.'));
  for (const type of ['token', 'final', 'done']) await client.next(type);
  for (let i = 0; i < 300; i++) client.send('ping', `p${i}`);
  for (let i = 0; i < 300; i++) assert.equal((await client.next('pong')).request_id, `p${i}`);
});

test('300 messages while the model still loads: the socket waits, nothing is lost', async (t) => {
  const { greeted, live, runtime, sockets } = await serve(t, { settings: { inboundQueue: 16 } });
  const open = listensLater(runtime);
  const client = await greeted();
  let paused = 0;
  const [socket] = sockets;
  assert.ok(socket);
  const pause = socket.pause.bind(socket);
  socket.pause = () => {
    paused++;
    pause();
  };
  client.start();
  for (let i = 0; i < 298; i++) client.append();
  client.commit();
  await until('the pause', () => paused > 0);
  open();
  const session = await live(0);
  await until('the commit', () => session.log.includes('commit'));
  assert.equal(session.log.length, 299);
});

test('a full backlog is not read on from until there is room', async (t) => {
  const { greeted, live, sockets } = await serve(t);
  const client = await greeted();
  client.start();
  const session = await live(0);
  session.hasRoom = false;
  const [socket] = sockets;
  assert.ok(socket);
  let resumed = 0;
  const resume = socket.resume.bind(socket);
  socket.resume = () => {
    resumed++;
    resume();
  };
  client.append();
  await until('the audio', () => session.log.length === 1);
  client.send('ping', 'behind');
  assert.equal(resumed, 0);
  session.hasRoom = true;
  session.listener.onDrain();
  assert.equal((await client.next('pong')).request_id, 'behind');
  assert.equal(resumed, 1);
});

test('with drop: the oldest goes and the client is told, before and after the session is open', async (t) => {
  const { greeted, live, runtime } = await serve(t, { settings: { drop: true, backlogMs: 160 } });
  const open = listensLater(runtime);
  const client = await greeted();
  client.start();
  for (let i = 0; i < 3; i++) client.append();
  const status = (fromMs: number, toMs: number) => ({
    kind: 'overload_drop',
    dropped_seconds: (toMs - fromMs) / 1000,
    max_backlog_seconds: 0.16,
    source: 'pending_buffer',
    from_ms: fromMs,
    to_ms: toMs,
  });
  assert.deepEqual((await client.next('status')).payload, status(0, 80));
  open();
  const session = await live(0);
  assert.equal(session.request.overflow, 'drop-oldest');
  // Its clock began 80 ms late.
  session.listener.onEvent({ type: 'dropped', fromMs: 0, toMs: 40, frames: 1 });
  assert.deepEqual((await client.next('status')).payload, status(80, 120));
  client.commit();
  await until('the commit', () => session.log.includes('commit'));
  const words = [{ text: 'Late', startMs: 100, endMs: 150 }];
  session.listener.onEvent(final('Late', 'commit', { words }));
  await client.next('token');
  const { payload } = await client.next('final');
  assert.deepEqual((payload as { words: unknown }).words, [{ word: 'Late', start: 0.18, end: 0.23 }]);
});

test('an append of 64 MB: 1009 for its sender, nothing for the others', async (t) => {
  const { greeted, live } = await serve(t);
  const other = await greeted();
  const flood = await greeted();
  flood.start();
  flood.socket.send(
    `{"type":"input_audio_buffer.append","session_id":"s","request_id":"r1","payload":{"audio":"${'A'.repeat(64 * 1024 * 1024)}"}}`,
  );
  assert.equal((await flood.socket.closed)[0], 1009);
  other.start();
  other.append('r1', Buffer.alloc(5 * 1024 * 1024));
  other.commit();
  const session = await live(0);
  await until('the commit', () => session.log.includes('commit'));
  assert.deepEqual(session.log, [`audio ${5 * 1024 * 1024}`, 'commit']);
});

test('a client that does not read its answers is told so, and closed', async (t) => {
  const { greeted, sockets } = await serve(t, { settings: { inboundQueue: 7 } });
  const client = await greeted();
  await client.settled();
  // What the transport calls when nothing was taken for 10 s.
  sockets[0]?.onStuck();
  const { payload } = await client.next('error');
  assert.deepEqual(payload, {
    code: 'internal_error',
    message: 'server overloaded (inbound queue full)',
    details: { reason_code: 'inbound_queue_full', inbound_queue_max: 7 },
  });
  assert.deepEqual(await client.socket.closed, [1013, '']);
});

test('messages that come with the handshake, before the greeting, are answered after it', async (t) => {
  const { connect } = await serve(t);
  const socket = await connect();
  const client = new Client(socket);
  client.start();
  client.commit();
  for (const type of ['session.created', 'final', 'done']) await client.next(type);
  client.socket.ws.send(CHUNK);
  assert.deepEqual(await client.error(), ['invalid_payload', 'no_active_request', 'r1']);
});
