/** The protocol as its client sees it: what is sent when (stt-ws.md 2.3 and 2.4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../transport/waiting.test.support.js';
import { final, partial, serve } from './serve.test.support.js';

test('ready comes first, with what was asked for and what will be done', async (t) => {
  const { connect, runtime } = await serve(t);
  const client = await connect({ frame_ms: '100', partial_ms: '7', language: 'de', model: 'whisper' });
  const { created_at, conn_id, ...ready } = await client.next('ready');
  assert.deepEqual(ready, {
    type: 'ready',
    call_id: 'c1',
    sample_rate: 16_000,
    codec: 'pcm_s16le',
    channels: 1,
    frame_ms: 100,
    partial_ms: 50,
    language: 'de',
    model: 'whisper',
    vad: 'energy',
  });
  assert.ok(Math.abs(Number(created_at) - Date.now() / 1000) < 60);
  assert.match(String(conn_id), /^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  assert.deepEqual(runtime.asked.listen[0]?.request.options, {
    sampleRate: 16_000,
    language: 'de',
    task: 'transcribe',
    words: false,
    hotwords: [],
    endpointing: {
      detector: 'energy',
      threshold: 300,
      silenceMs: 500,
      minSpeechMs: 20,
      preRollMs: 500,
      maxUtteranceMs: 30_000,
    },
    partialMs: 50,
  });
});

test('a client may choose the detector; the server’s queue is what the settings say', async (t) => {
  const { session } = await serve(t, { queueFrames: 7 });
  const { live } = await session({ vad: 'silero' });
  const { options, queueFrames, overflow } = live.request;
  assert.equal(options.endpointing.detector, 'silero');
  assert.equal(options.endpointing.threshold, undefined);
  assert.deepEqual([queueFrames, overflow], [7, 'drop-oldest']);
});

test('partials and finals share a number that grows with each final; fields of the original, then ours', async (t) => {
  const { session } = await serve(t);
  const { client, say } = await session();
  say(partial('hello', 3));
  say(final(' hello world '));
  say(partial('again'));
  const { created_at: _, ...first } = await client.next('partial');
  assert.deepEqual(first, {
    type: 'partial',
    call_id: 'c1',
    segment_seq: 1,
    text: 'hello',
    final: false,
    stable: 3,
    start_ms: 0,
    end_ms: 400,
  });
  const { created_at: __, ...done } = await client.next('final');
  assert.deepEqual(done, {
    type: 'final',
    call_id: 'c1',
    segment_seq: 1,
    text: 'hello world',
    final: true,
    first_token_ms: 120,
    latency_ms: 3_250,
    segment_duration_ms: 3_200,
    endpoint_to_final_ms: 80,
    reason: 'silence',
    start_ms: 100,
    end_ms: 3_300,
  });
  assert.equal((await client.next('partial')).segment_seq, 2);
});

test('empty partials and the same one again are not sent; an empty final keeps the number', async (t) => {
  const { session } = await serve(t);
  const { client, say } = await session();
  for (const text of ['', '  ', 'a', 'a', 'a b']) say(partial(text));
  say(final('  '));
  say(partial('a b'));
  say(final('a b', 'length', { endpointToFinalMs: 1 }));
  const seen = [];
  for (const type of ['partial', 'partial', 'partial', 'final']) {
    const { text, segment_seq } = await client.next(type);
    seen.push([text, segment_seq]);
  }
  assert.deepEqual(seen, [
    ['a', 1],
    ['a b', 1],
    ['a b', 1],
    ['a b', 1],
  ]);
});

test('audio and commits reach the session in order, those before ready too', async (t) => {
  const { connect, runtime } = await serve(t);
  let open = () => {};
  const listen = runtime.listen.bind(runtime);
  runtime.listen = async (request, listener) => {
    await new Promise<void>((resolve) => {
      open = resolve;
    });
    return listen(request, listener);
  };
  const client = await connect();
  client.ws.send(Buffer.alloc(321));
  client.ws.send('{"type":"commit"}');
  client.ws.send(Buffer.alloc(640));
  client.ws.send(Buffer.alloc(0));
  client.ws.send('');
  client.ws.ping();
  await new Promise((resolve) => client.ws.once('pong', resolve));
  assert.equal(client.messages.length, 0);
  open();
  await client.next('ready');
  client.ws.send('{ "type": "commit", "x": 1 }');
  const live = runtime.asked.listen[0];
  assert.ok(live);
  await until('the second commit', () => live.log.length === 4);
  assert.deepEqual(live.log, ['audio 321', 'commit', 'audio 640', 'commit']);
});

test('who speaks before ready is heard as there is room, and nothing of it is dropped', async (t) => {
  const { connect, runtime, scrape } = await serve(t);
  let open = () => {};
  let room = true;
  let heard = 0;
  const listen = runtime.listen.bind(runtime);
  runtime.listen = async (request, listener) => {
    await new Promise<void>((resolve) => {
      open = resolve;
    });
    const session = await listen(request, listener);
    const append = () => {
      heard++;
      return room && heard % 50 !== 0;
    };
    return { ...session, append };
  };
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const client = await connect();
  const say = (frames: number): void => {
    for (let i = 0; i < frames; i++) client.ws.send(Buffer.alloc(640));
  };
  // Ten seconds go by until the model listens; the network holds what is more than 200 frames.
  say(250);
  await until('they wait', async () => /^stt_q_in_depth 2\d\d$/m.test((await scrape()).join('\n')));
  now = 10_000;
  open();
  await client.next('ready');
  const live = runtime.asked.listen[0];
  for (const so of [50, 100, 150, 200, 250]) {
    await until(`${so} are heard`, () => heard === so);
    live?.listener.onDrain();
  }
  // The rest of what can have been said in ten seconds.
  room = false;
  say(250);
  await until('one is heard', () => heard === 251);
  room = true;
  for (const so of [300, 350, 400, 450, 500]) {
    live?.listener.onDrain();
    await until(`${so} are heard`, () => heard === so);
  }
  // From now on who is faster than the model loses the oldest.
  room = false;
  live?.listener.onDrain();
  say(20);
  await until('all are handed on', () => heard === 520);
});

test('what can’t be met, and audio that was not heard, stands in the next message', async (t) => {
  const { session, lines, connect, runtime } = await serve(t);
  const { client, say } = await session({ hotwords: 'Vox' });
  const warning = { type: 'unsupported', option: 'hotwords', message: 'not taken' } as const;
  say({ type: 'warning', warning });
  say({ type: 'dropped', fromMs: 20, toMs: 40, frames: 1 });
  say({ type: 'dropped', fromMs: 60, toMs: 100, frames: 2 });
  say(partial('a'));
  say(final('a'));
  const { warnings } = await client.next('partial');
  assert.deepEqual((warnings as unknown[])[0], warning);
  const { message, ...dropped } = (warnings as Record<string, unknown>[])[1] ?? {};
  assert.deepEqual(dropped, { type: 'dropped', from_ms: 20, to_ms: 100, frames: 3 });
  assert.match(String(message), /not heard/);
  assert.equal((await client.next('final')).warnings, undefined);
  assert.ok(lines.some(({ event, option }) => event === 'ws.warning' && option === 'hotwords'));

  const listen = runtime.listen.bind(runtime);
  runtime.listen = async (request, listener) => {
    const opened = await listen(request, listener);
    listener.onEvent({ type: 'warning', warning });
    return opened;
  };
  assert.deepEqual((await (await connect()).next('ready')).warnings, [warning]);
});
