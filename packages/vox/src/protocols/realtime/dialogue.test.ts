/** Recorded dialogues: every field of every event, in the order in which clients read them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { SocketClient } from '../../transport/socket-client.test.support.js';
import { CHUNK, Client, final, MANUAL, partial, serve, started, stopped } from './serve.test.support.js';

const SESSION = {
  type: 'transcription',
  object: 'realtime.transcription_session',
  id: '<session>',
  audio: {
    input: {
      format: { type: 'audio/pcm', rate: 24_000 },
      transcription: { model: 'whisper:base', language: null, prompt: null, keywords: [], delay: null },
      noise_reduction: null,
      turn_detection: {
        type: 'server_vad',
        threshold: 0.5,
        prefix_padding_ms: 300,
        silence_duration_ms: 500,
        idle_timeout_ms: null,
      },
    },
  },
  include: [],
};
const TRANSCRIPTION = 'conversation.item.input_audio_transcription';
const item = (n: number) => ({
  id: `<item ${n}>`,
  object: 'realtime.item',
  type: 'message',
  status: 'completed',
  role: 'user',
  content: [{ type: 'input_audio', transcript: null }],
});
const committed = (n: number, previous: string | null) => [
  { type: 'input_audio_buffer.committed', previous_item_id: previous, item_id: `<item ${n}>` },
  { type: 'conversation.item.added', previous_item_id: previous, item: item(n) },
  { type: 'conversation.item.done', previous_item_id: previous, item: item(n) },
];
const delta = (n: number, text: string) => ({
  type: `${TRANSCRIPTION}.delta`,
  item_id: `<item ${n}>`,
  content_index: 0,
  delta: text,
});
const completed = (n: number, transcript: string, more: object) => ({
  type: `${TRANSCRIPTION}.completed`,
  item_id: `<item ${n}>`,
  content_index: 0,
  transcript,
  ...more,
});

test('two turns of server_vad: every event, in order', async (t) => {
  const { connect, live } = await serve(t);
  const before = Math.floor(Date.now() / 1000);
  const client = new Client(await connect());
  const { session } = (await client.next('session.created')) as { session: { expires_at: number } };
  const { expires_at, ...rest } = session;
  assert.deepEqual(rest, SESSION);
  assert.ok(expires_at >= before + 3_600 && expires_at <= Date.now() / 1000 + 3_600);
  for (let i = 0; i < 30; i++) client.append();
  const { listener, request } = await live(0);
  assert.deepEqual(request.options, {
    sampleRate: 24_000,
    task: 'transcribe',
    words: false,
    hotwords: [],
    endpointing: {
      detector: 'silero',
      minSpeechMs: 60,
      preRollMs: 500,
      maxUtteranceMs: 30_000,
      silenceMs: 500,
    },
    partialMs: 0,
  });
  await client.settled();
  listener.onEvent(started(1, 320));
  listener.onEvent(partial(1, 'Ask not what', 7));
  listener.onEvent(partial(1, 'Ask not what you', 7));
  listener.onEvent(stopped(1, 1_400));
  listener.onEvent(final(1, 'Ask not what, sir.', 'silence', { startMs: 320, endMs: 1_400, language: 'en' }));
  assert.deepEqual(await client.take(8), [
    { type: 'input_audio_buffer.speech_started', audio_start_ms: 20, item_id: '<item 1>' },
    delta(1, 'Ask not'),
    { type: 'input_audio_buffer.speech_stopped', audio_end_ms: 1_900, item_id: '<item 1>' },
    ...committed(1, null),
    delta(1, ' what, sir.'),
    completed(1, 'Ask not what, sir.', {
      usage: { type: 'duration', seconds: 1.88 },
      languages: [{ code: 'en' }],
    }),
  ]);
  // The padding of the next turn does not reach into this one, and its silence not beyond what was sent.
  listener.onEvent(started(2, 2_000));
  listener.onEvent(stopped(2, 2_800));
  const usage = { promptTokens: 10, completionTokens: 2, totalTokens: 12 };
  listener.onEvent(final(2, 'Yes.', 'silence', { startMs: 2_000, endMs: 2_800, usage }));
  assert.deepEqual(await client.take(7), [
    { type: 'input_audio_buffer.speech_started', audio_start_ms: 1_900, item_id: '<item 2>' },
    { type: 'input_audio_buffer.speech_stopped', audio_end_ms: 3_000, item_id: '<item 2>' },
    ...committed(2, '<item 1>'),
    delta(2, 'Yes.'),
    completed(2, 'Yes.', {
      usage: {
        type: 'tokens',
        input_tokens: 10,
        output_tokens: 2,
        total_tokens: 12,
        input_token_details: { audio_tokens: 10, text_tokens: 0 },
      },
    }),
  ]);
});

test('manual commit: deltas come before it, parts are joined, each commit is answered, a second one too', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted(MANUAL);
  const { listener, log, request } = await live(0);
  assert.equal(request.options.endpointing.detector, 'manual');
  client.append();
  await client.settled();
  listener.onEvent(started(1, 0));
  listener.onEvent(partial(1, 'One and', 3));
  listener.onEvent(stopped(1, 60, 'length'));
  listener.onEvent(final(1, 'One and two', 'length', { endMs: 60 }));
  assert.deepEqual(await client.take(2), [delta(1, 'One'), delta(1, ' and two')]);
  client.commit();
  assert.deepEqual(await client.take(3), committed(1, null));
  client.commit();
  assert.deepEqual(await client.take(3), committed(2, '<item 1>'));
  assert.deepEqual(log.slice(-2), ['commit', 'commit']);
  listener.onEvent(final(2, 'and three.', 'commit', { endMs: 100 }));
  listener.onEvent(final(3, '', 'commit', { endMs: 100 }));
  assert.deepEqual(await client.take(3), [
    delta(1, ' and three.'),
    completed(1, 'One and two and three.', { usage: { type: 'duration', seconds: 0.1 } }),
    completed(2, '', { usage: { type: 'duration', seconds: 0 } }),
  ]);
});

test('a commit before any audio is answered at once, and loads no model', async (t) => {
  const { greeted, runtime } = await serve(t);
  const client = await greeted();
  client.commit();
  assert.deepEqual(await client.take(4), [
    ...committed(1, null),
    completed(1, '', { usage: { type: 'duration', seconds: 0 } }),
  ]);
  assert.equal(runtime.asked.listen.length, 0);
});

test('the beta: its names and its flat session', async (t) => {
  const { address, live } = await serve(t);
  const socket = await SocketClient.open(`${address}?intent=transcription`, { 'openai-beta': 'realtime=v1' });
  const client = new Client(socket);
  await client.next('session.created');
  await client.next('transcription_session.created');
  client.send('transcription_session.update', {
    session: {
      input_audio_format: 'g711_ulaw',
      input_audio_transcription: { model: 'gpt-4o-transcribe-nonsense' },
    },
  });
  const { error } = (await client.next('error')) as { error: { param: string; code: string } };
  assert.deepEqual([error.param, error.code], ['session.audio.input.transcription.model', 'model_not_found']);
  client.send('transcription_session.update', {
    session: {
      input_audio_format: 'g711_ulaw',
      input_audio_transcription: { model: 'whisper-1', language: 'en', prompt: '' },
      input_audio_noise_reduction: { type: 'near_field' },
      turn_detection: { type: 'server_vad', threshold: 0.6, silence_duration_ms: 50 },
    },
  });
  const { session } = (await client.next('transcription_session.updated')) as {
    session: { expires_at: number; warnings: { option: string }[] };
  };
  const { expires_at: _, warnings, ...rest } = session;
  assert.deepEqual(rest, {
    id: '<session>',
    object: 'realtime.transcription_session',
    input_audio_format: 'g711_ulaw',
    input_audio_transcription: {
      model: 'whisper-1',
      language: 'en',
      prompt: null,
      keywords: [],
      delay: null,
    },
    input_audio_noise_reduction: null,
    turn_detection: {
      type: 'server_vad',
      threshold: 0.5,
      prefix_padding_ms: 300,
      silence_duration_ms: 100,
      idle_timeout_ms: null,
    },
    include: [],
  });
  assert.deepEqual(
    warnings.map(({ option }) => option),
    ['noise_reduction', 'turn_detection.threshold', 'turn_detection.silence_duration_ms'],
  );
  const { listener, request } = await live(0);
  assert.deepEqual([request.options.sampleRate, request.options.encoding], [8_000, 'mulaw']);
  client.append(Buffer.alloc(800, 0xff));
  listener.onEvent(started(1, 20));
  listener.onEvent(stopped(1, 60));
  listener.onEvent(final(1, 'Hi.', 'silence', { startMs: 20, endMs: 60 }));
  const types = await client.types(6);
  assert.deepEqual(types, [
    'input_audio_buffer.speech_started',
    'input_audio_buffer.speech_stopped',
    'input_audio_buffer.committed',
    'conversation.item.created',
    `${TRANSCRIPTION}.delta`,
    `${TRANSCRIPTION}.completed`,
  ]);
});

test('revisable text comes only where it is asked for, with what of it is certain', async (t) => {
  const { greeted, live } = await serve(t);
  const include = 'vox.item.input_audio_transcription.partial';
  const client = await greeted({ ...MANUAL, include: [include, 'item.input_audio_transcription.logprobs'] });
  const { listener } = await live(0);
  listener.onEvent(partial(1, 'One too', 3));
  listener.onEvent(final(1, 'One two.', 'length'));
  listener.onEvent(partial(2, 'Tree', 0));
  const revisable = (text: string, stable: number) => ({
    type: include,
    item_id: '<item 1>',
    content_index: 0,
    text,
    stable,
  });
  assert.deepEqual(await client.take(4), [
    delta(1, 'One'),
    revisable('One too', 3),
    delta(1, ' two.'),
    revisable('One two. Tree', 8),
  ]);
});

test('probabilities of tokens come where they are asked for, and all of a transcript are known', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted({ ...MANUAL, include: ['item.input_audio_transcription.logprobs'] });
  const { listener, request } = await live(0);
  assert.equal(request.options.scores, true);
  const scores = [{ text: ' Yes', logProbability: -0.25 }];
  const logprobs = [{ token: ' Yes', logprob: -0.25, bytes: [32, 89, 101, 115] }];
  for (const [number, more, told] of [
    [1, { scores }, logprobs],
    [2, {}, undefined],
  ] as const) {
    client.append(CHUNK);
    client.send('input_audio_buffer.commit');
    await client.take(3);
    listener.onEvent({ ...final(number, 'Yes', 'commit'), ...more });
    const [, done] = (await client.take(2)) as { logprobs?: object }[];
    assert.deepEqual(done?.logprobs, told);
  }
});

test('idle_timeout_ms: an empty item once nobody has spoken for so long, once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { connect, live } = await serve(t);
  const client = new Client(await connect());
  await client.next('session.created');
  await client.update({
    audio: { input: { turn_detection: { type: 'server_vad', idle_timeout_ms: 5_000 } } },
  });
  await live(0);
  client.append(CHUNK);
  await client.settled();
  t.mock.timers.tick(4_999);
  client.append(CHUNK);
  await client.settled();
  t.mock.timers.tick(1);
  assert.deepEqual(await client.take(5), [
    {
      type: 'input_audio_buffer.timeout_triggered',
      audio_start_ms: 100,
      audio_end_ms: 200,
      item_id: '<item 1>',
    },
    ...committed(1, null),
    completed(1, '', { usage: { type: 'duration', seconds: 0.1 } }),
  ]);
  client.append(CHUNK);
  t.mock.timers.tick(10_000);
  await client.settled();
});

test('the engine breaks: who waits is told, and the next audio has a new session on the same clock', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted();
  client.append();
  const first = await live(0);
  await client.settled();
  first.listener.onEvent(started(1, 20));
  first.listener.onError(new VoxError('runner_crashed', 'the runner died: out of cheese'));
  assert.deepEqual(await client.take(6), [
    { type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: '<item 1>' },
    { type: 'input_audio_buffer.speech_stopped', audio_end_ms: 100, item_id: '<item 1>' },
    ...committed(1, null),
    {
      type: `${TRANSCRIPTION}.failed`,
      item_id: '<item 1>',
      content_index: 0,
      error: {
        type: 'transcription_error',
        code: 'runner_crashed',
        message: 'the runner died: out of cheese',
        param: null,
      },
    },
  ]);
  client.append();
  const second = await live(1);
  second.listener.onEvent(started(1, 400));
  const { audio_start_ms } = await client.next('input_audio_buffer.speech_started');
  assert.equal(audio_start_ms, 200, '100 ms of before, 400 of now, and 300 of padding less');
});
