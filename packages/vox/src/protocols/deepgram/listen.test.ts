/** Every event of `/v1/listen`, field for field. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { WebSocket } from 'ws';
import { until } from '../../transport/waiting.test.support.js';
import { final, partial, RAW, serve } from './serve.test.support.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const WORDS = [
  { text: ' Ask', startMs: 320, endMs: 700, confidence: 0.9 },
  { text: ' not.', startMs: 700, endMs: 1_480, confidence: 0.7 },
];

test('a stream: SpeechStarted, interim and final Results, Metadata, close', async (t) => {
  const { session } = await serve(t);
  const { client, live, say } = await session(`${RAW}&interim_results=true&vad_events=true&tag=a&tag=b`);
  client.ws.send(Buffer.alloc(641));
  client.ws.send(Buffer.alloc(640));
  await until('the audio', () => live.log.length === 2);
  say({ type: 'speech-started', utterance: 1, atMs: 320 });
  say(partial(' Ask'));
  say(partial(' Ask'));
  say(final(' Ask not.', 'silence', WORDS));
  assert.deepEqual(await client.next(), { type: 'SpeechStarted', channel: [0, 1], timestamp: 0.32 });
  const interim = await client.next();
  const { metadata, ...rest } = interim;
  assert.deepEqual(rest, {
    type: 'Results',
    channel_index: [0, 1],
    duration: 0.58,
    start: 0.32,
    is_final: false,
    speech_final: false,
    from_finalize: false,
    channel: { alternatives: [{ transcript: 'Ask', confidence: 0, words: [] }] },
  });
  const { request_id, model_uuid, model_info, ...none } = metadata as Record<string, unknown>;
  assert.match(String(request_id), UUID);
  assert.match(String(model_uuid), UUID);
  assert.deepEqual(none, {});
  const { version, ...info } = model_info as Record<string, unknown>;
  assert.match(String(version), /^\d+\.\d+/);
  assert.deepEqual(info, { name: 'whisper:base', arch: 'whisper' });
  assert.deepEqual(await client.next(), {
    type: 'Results',
    channel_index: [0, 1],
    duration: 2.16,
    start: 0.32,
    is_final: true,
    speech_final: true,
    from_finalize: false,
    channel: {
      alternatives: [
        {
          transcript: 'Ask not.',
          confidence: 0.8,
          words: [
            { word: 'ask', start: 0.32, end: 0.7, confidence: 0.9, punctuated_word: 'Ask' },
            { word: 'not', start: 0.7, end: 1.48, confidence: 0.7, punctuated_word: 'not.' },
          ],
        },
      ],
    },
    metadata,
  });
  client.send({ type: 'CloseStream' });
  await until('the end', () => live.log.includes('finish'));
  live.listener.onEnd({ audioMs: 2_500, utterances: 1 });
  const { created, ...last } = await client.next();
  assert.ok(Math.abs(Date.parse(String(created)) - Date.now()) < 60_000);
  assert.deepEqual(last, {
    type: 'Metadata',
    transaction_key: 'deprecated',
    request_id,
    sha256: '',
    duration: 2.5,
    channels: 1,
    models: [model_uuid],
    model_info: { [String(model_uuid)]: model_info },
    tags: ['a', 'b'],
  });
  assert.deepEqual(await client.closed, [1000, '']);
});

test('what the runtime is asked for', async (t) => {
  const { session } = await serve(t);
  const query =
    'encoding=mulaw&sample_rate=8000&language=de-DE&endpointing=25&keyterm=Vox&keyterm=Ada%20L.&keywords=Bob:2';
  const { live, client } = await session(`${query}&interim_results=True`);
  const { signal, ...request } = live.request;
  assert.equal(signal.aborted, false);
  assert.deepEqual(request, {
    model: '',
    options: {
      sampleRate: 8_000,
      encoding: 'mulaw',
      language: 'de',
      task: 'transcribe',
      words: true,
      hotwords: ['Vox', 'Ada L.', 'Bob'],
      endpointing: {
        detector: 'silero',
        silenceMs: 400,
        minSpeechMs: 60,
        preRollMs: 500,
        maxUtteranceMs: 30_000,
      },
      partialMs: 500,
    },
    queueMs: 10_000,
    overflow: 'wait',
  });
  client.ws.terminate();
  await until('the session is over', () => signal.aborted);
});

test('text without punctuate or smart_format is bare, and words have no written form', async (t) => {
  const { session } = await serve(t);
  const { client, say } = await session('encoding=linear16&sample_rate=16000');
  say(final(' “Ask” not, O’Brien!', 'silence', WORDS));
  const { channel } = await client.next();
  const [alternative] = (channel as { alternatives: Record<string, unknown>[] }).alternatives;
  assert.equal(alternative?.transcript, 'ask not o’brien');
  const words = alternative?.words as readonly unknown[] | undefined;
  assert.deepEqual(words?.[1], {
    word: 'not',
    start: 0.7,
    end: 1.48,
    confidence: 0.7,
  });
});

test('speech_final and from_finalize say why an utterance ended; an empty one is told too', async (t) => {
  const { session } = await serve(t);
  const rows = [
    ['silence', '', true, false],
    ['length', '', false, false],
    ['commit', '', true, true],
    ['end', '', true, false],
    ['silence', '&endpointing=false', false, false],
    ['commit', '&endpointing=false', true, true],
  ] as const;
  for (const [reason, query, speechFinal, fromFinalize] of rows) {
    const { client, say } = await session(`${RAW}${query}`);
    say(final('', reason));
    const told = await client.next('Results');
    assert.deepEqual(
      [told.is_final, told.speech_final, told.from_finalize],
      [true, speechFinal, fromFinalize],
      reason,
    );
    assert.deepEqual(told.channel, { alternatives: [{ transcript: '', confidence: 0, words: [] }] });
    client.ws.terminate();
  }
});

test('KeepAlive, Finalize, Configure and nonsense; an empty binary message ends the stream', async (t) => {
  const { session } = await serve(t);
  const { client, live } = await session();
  client.send({ type: 'KeepAlive' });
  client.ws.send(Buffer.alloc(320));
  client.send({ type: 'Finalize', channel: 0 });
  client.send({ type: 'Configure', keyterms: ['x'] });
  client.send('{');
  client.send({ type: 'Fly' });
  client.send('null');
  client.ws.send(Buffer.alloc(0));
  client.ws.send(Buffer.alloc(320));
  const { request_id, description, ...failure } = await client.next();
  assert.match(String(request_id), UUID);
  assert.match(String(description), /open another/);
  assert.deepEqual(failure, { type: 'ConfigureFailure', code: 'CONFIGURE_KEYTERMS_NOT_SUPPORTED' });
  for (const words of [/must be JSON/, /got "Fly"/, /got null/]) {
    const error = await client.next('Error');
    assert.match(String(error.description), words);
    assert.deepEqual(error, {
      type: 'Error',
      variant: 'Bad Request',
      description: error.description,
      message: error.description,
    });
  }
  await until('the end', () => live.log.includes('finish'));
  assert.deepEqual(live.log, ['audio 320', 'commit', 'finish']);
});

test('UtteranceEnd: once, when so much was heard after the last word', async (t) => {
  const { session } = await serve(t);
  const { client, live, say } = await session(`${RAW}&utterance_end_ms=1000`);
  const hear = async (ms: number) => {
    const before = live.log.length;
    client.ws.send(Buffer.alloc(ms * 32));
    await until('the audio', () => live.log.length > before);
  };
  await hear(2_000);
  say({ type: 'speech-started', utterance: 1, atMs: 320 });
  say(final('Ask not.', 'silence', WORDS));
  await client.next('Results');
  await hear(400);
  say({ type: 'speech-started', utterance: 2, atMs: 2_300 });
  await hear(200);
  // Noise, no word: what counts is the last word, at 1480 ms.
  say(final(' [', 'silence', [{ text: '[', startMs: 2_300, endMs: 2_300 }]));
  const { channel } = await client.next('Results');
  assert.deepEqual(channel, { alternatives: [{ transcript: '', confidence: 0, words: [] }] });
  assert.deepEqual(await client.next(), { type: 'UtteranceEnd', channel: [0, 1], last_word_end: 1.48 });
  await hear(5_000);
  client.send({ type: 'Configure' });
  await client.next('ConfigureFailure');
});

test('a wrong parameter is refused before there is a socket', async (t) => {
  const { url, runtime } = await serve(t);
  const rows: [string, RegExp][] = [
    ['encoding=constructor', /^encoding must be linear16/],
    ['encoding=linear16', /^sample_rate: samples without a header need/],
    [
      'encoding=speex&sample_rate=8000',
      /^encoding must be linear16, mulaw, alaw, ogg-opus, flac.*got "speex"/,
    ],
    [
      'encoding=linear16&sample_rate=4000',
      /^sample_rate must be a whole number from 8000 to 192000; got "4000"/,
    ],
    [`${RAW}&channels=2`, /^channels: one channel is heard/],
    [`${RAW}&endpointing=soon`, /^endpointing must be a whole number/],
    [`${RAW}&interim_results=perhaps`, /^interim_results must be true or false/],
    [`${RAW}&keyterm=${'x'.repeat(101)}`, /^keyterm: a phrase has 101 characters/],
    [`${RAW}&keyterm=a&keywords=b%00:2`, /^keywords: a phrase has a control character/],
    [`${RAW}&callback=http://a.example`, /^callback: answers come on this connection/],
  ];
  for (const [query, words] of rows) {
    const { status, body } = await upgrade(`${url}/v1/listen?${query}`);
    assert.equal(status, 400, query);
    assert.equal(body.err_code, 'Bad Request');
    assert.match(String(body.err_msg), words);
  }
  assert.equal(runtime.asked.listen.length, 0);
});

test('what the runtime refuses: an Error message, and the close of its code', async (t) => {
  const { connect, runtime } = await serve(t);
  const rows = [
    [new VoxError('overloaded', 'no room'), 1013, 'TOO_MANY_REQUESTS', 'no room'],
    [new VoxError('model_not_pulled', 'pull it'), 1008, 'MODEL_NOT_PULLED', 'pull it'],
    [new Error('/home/x') as VoxError, 1011, 'INTERNAL_SERVER_ERROR', /^internal error/],
  ] as const;
  for (const [error, code, variant, words] of rows) {
    runtime.script.listenError = error;
    const client = await connect();
    const told = await client.next('Error');
    assert.equal(told.variant, variant);
    assert.match(String(told.description), new RegExp(words));
    assert.equal((await client.closed)[0], code);
  }
});

test('warnings stand in the next Results, and all of them in Metadata', async (t) => {
  const { session } = await serve(t);
  const { client, live, say } = await session(
    `${RAW}&diarize=true&redact=pci&keywords=bad:-2&filler_words=true`,
  );
  say({ type: 'warning', warning: { type: 'unsupported', option: 'hotwords', message: 'takes none' } });
  say(final('a'));
  say(final('b'));
  const warnings = (message: unknown) =>
    (message as { warnings?: { parameter: string }[] } | undefined)?.warnings;
  const all = ['diarize', 'redact', 'keywords', 'keyterm'];
  const told = warnings((await client.next('Results')).metadata);
  assert.deepEqual(
    told?.map(({ parameter }) => parameter),
    all,
  );
  assert.deepEqual(told?.at(-1), { parameter: 'keyterm', type: 'unsupported', message: 'takes none' });
  assert.equal(warnings((await client.next('Results')).metadata), undefined);
  live.listener.onEnd({ audioMs: 0, utterances: 0 });
  assert.deepEqual(
    warnings(await client.next('Metadata'))?.map(({ parameter }) => parameter),
    all,
  );
});

test('a client that says nothing is told to go; KeepAlive keeps it', async (t) => {
  const { connect } = await serve(t, { idleMs: 150 });
  const client = await connect();
  const keeping = setInterval(() => client.send({ type: 'KeepAlive' }), 30);
  const quiet = await connect();
  assert.match(String((await quiet.next('Error')).description), /^NET-0001/);
  assert.equal((await quiet.closed)[0], 1011);
  assert.equal(client.ws.readyState, client.ws.OPEN);
  clearInterval(keeping);
  await client.closed;
});

test('a month of silence may be waited for', async (t) => {
  const { connect } = await serve(t, { idleMs: 30 * 86_400_000 });
  const client = await connect();
  // A timer of more than 2^31 ms goes off at once, long before an answer comes.
  client.send({ type: 'Hello' });
  assert.match(String((await client.next('Error')).description), /^type must be/);
});

test('a file’s bytes are decoded as they come, and said in order', async (t) => {
  const { session, runtime, connect } = await serve(t);
  const { client, live } = await session('model=nova-3');
  const ogg = Buffer.alloc(100);
  ogg.write('OggS');
  ogg.write('OpusHead', 28);
  client.ws.send(ogg.subarray(0, 10));
  client.ws.send(ogg.subarray(10));
  client.ws.send(Buffer.alloc(640));
  client.send({ type: 'CloseStream' });
  await until('the end', () => live.log.includes('finish'));
  assert.deepEqual(runtime.asked.decodeStream, ['ogg']);
  // The stand-in for a decoder hands on what it is given.
  assert.equal(Buffer.concat(live.audio).length, 740);
  const packets = await connect('encoding=opus&sample_rate=48000');
  packets.ws.send(Buffer.alloc(16_384, 3));
  assert.match(String((await packets.next('Error')).description), /raw Opus packets go into Ogg/);
});

test('a full session makes the client wait', async (t) => {
  const { session } = await serve(t);
  const { client, live } = await session();
  live.hasRoom = false;
  for (let i = 0; i < 3; i++) client.ws.send(Buffer.alloc(640));
  await until('the first', () => live.log.length === 1);
  client.ws.ping();
  await new Promise((resolve) => client.ws.once('pong', resolve));
  assert.equal(live.log.length, 1);
  live.hasRoom = true;
  live.listener.onDrain();
  await until('the rest', () => live.log.length === 3);
});

async function upgrade(url: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const ws = new WebSocket(url.replace('http', 'ws'));
  ws.on('error', () => {});
  return new Promise((resolve) => {
    ws.on('unexpected-response', async (_, response) => {
      let text = '';
      for await (const piece of response) text += piece;
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
    });
  });
}
