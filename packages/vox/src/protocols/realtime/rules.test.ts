/** What clients may ask and get wrong: sessions, messages, and how they are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { until } from '../../transport/waiting.test.support.js';
import { readLongMessage, readMessage } from './codec.js';
import { DEFAULT_CONFIG, readSession } from './config.js';
import { liveOptions } from './request.js';
import { CHUNK, final, MANUAL, serve, started, stopped } from './serve.test.support.js';
import { readAddress } from './url.js';

const input = (more: object) => ({ type: 'transcription', audio: { input: more } });
const read = (session: unknown, now = DEFAULT_CONFIG) => readSession(session, now).config;
const options = (session: unknown) =>
  readSession(session, DEFAULT_CONFIG).warnings.map(({ option }) => option);

test('what is absent stays, null clears, and every option reaches the core', () => {
  const first = read(
    input({
      format: { type: 'audio/pcm', rate: 16_000 },
      transcription: {
        model: 'whisper:base',
        languages: ['EN'],
        keywords: [' Vox ', ''],
        prompt: 'So.',
        delay: 'minimal',
      },
      turn_detection: { type: 'semantic_vad', eagerness: 'low' },
    }),
  );
  assert.deepEqual(liveOptions(first), {
    sampleRate: 16_000,
    language: 'en',
    task: 'transcribe',
    words: false,
    hotwords: ['Vox'],
    prompt: 'So.',
    endpointing: {
      detector: 'silero',
      minSpeechMs: 60,
      preRollMs: 500,
      maxUtteranceMs: 30_000,
      silenceMs: 800,
    },
    partialMs: 0,
    stableMs: 80,
  });
  assert.deepEqual(read({}, first), first);
  assert.deepEqual(read(input({ transcription: { prompt: null, delay: null, language: null } }), first), {
    ...first,
    transcription: { model: 'whisper:base', keywords: ['Vox'] },
  });
  assert.deepEqual(read(input({ turn_detection: { type: 'semantic_vad' } }), first), first);
  assert.deepEqual(read(input({ turn_detection: null, format: null, transcription: null }), first), {
    format: { type: 'audio/pcm', rate: 24_000 },
    transcription: { model: '', keywords: [] },
    partials: false,
    logprobs: false,
  });
  for (const [delay, stableMs] of [
    ['low', 240],
    ['medium', 480],
    ['high', 960],
    ['xhigh', 1_920],
  ])
    assert.equal(liveOptions(read(input({ transcription: { delay } }))).stableMs, stableMs);
  for (const [type, encoding] of [
    ['audio/pcmu', 'mulaw'],
    ['audio/pcma', 'alaw'],
  ]) {
    const asked = liveOptions(read(input({ format: { type } })));
    assert.deepEqual([asked.sampleRate, asked.encoding], [8_000, encoding]);
  }
});

test('what is wrong is named as the client spelled it; what is not known is not looked at', () => {
  const wrong: [unknown, string, RegExp][] = [
    [{ type: 'realtime' }, 'session.type', /only sessions of type "transcription"/],
    [input({ format: { type: 'audio/opus' } }), 'session.audio.input.format.type', /audio\/pcmu/],
    [input({ format: { type: 'audio/pcm', rate: 4_000 } }), 'session.audio.input.format.rate', /8000/],
    [input({ turn_detection: { type: 'none' } }), 'session.audio.input.turn_detection.type', /semantic_vad/],
    [
      input({ turn_detection: { type: 'server_vad', idle_timeout_ms: 100 } }),
      'session.audio.input.turn_detection.idle_timeout_ms',
      /5000/,
    ],
    [
      input({ transcription: { language: 'very english' } }),
      'session.audio.input.transcription.language',
      /ISO 639-1/,
    ],
    [
      input({ transcription: { keywords: ['x'.repeat(101)] } }),
      'session.audio.input.transcription.keywords',
      /at most 100/,
    ],
    [{ input_audio_format: 'mp3' }, 'session.input_audio_format', /g711_ulaw/],
    [
      { input_audio_transcription: { language: 'e-n-g-l' } },
      'session.input_audio_transcription.language',
      /ISO 639-1/,
    ],
  ];
  for (const [session, param, message] of wrong)
    assert.throws(
      () => read(session),
      (error) => VoxError.is(error) && error.param === param && message.test(error.message),
      param,
    );
  assert.deepEqual(read(input({ colour: 'red', transcription: { tone: 1 } })), DEFAULT_CONFIG);
});

test('what can not be met is a warning, and the session says what holds instead', () => {
  assert.deepEqual(options(input({ noise_reduction: { type: 'far_field' } })), ['noise_reduction']);
  assert.deepEqual(options(input({ transcription: { languages: ['en', 'de'] } })), ['languages']);
  assert.deepEqual(options({ include: ['item.input_audio_transcription.colours'] }), ['include']);
  assert.deepEqual(
    options(
      input({
        turn_detection: {
          type: 'server_vad',
          threshold: 0.5,
          create_response: true,
          interrupt_response: true,
        },
      }),
    ),
    [],
  );
});

test('long messages: audio is found without reading it, and a flood of values is refused', () => {
  const long = (text: string) => readLongMessage(Buffer.from(text));
  const audio = Buffer.alloc(3_000_000, 7).toString('base64');
  const type = 'input_audio_buffer.append';
  for (const text of [
    JSON.stringify({ event_id: 'a"\\é', type, audio }),
    JSON.stringify({ audio, type, event_id: 'a"\\é' }, null, 2),
  ]) {
    const { eventId, command } = long(text);
    const found = command();
    assert.equal(eventId, 'a"\\é');
    assert.equal(found.type === 'append-long' && found.base64.toString(), audio);
  }
  const prompt = 'x'.repeat(200_000);
  const update = long(JSON.stringify({ type: 'session.update', session: { prompt } })).command();
  assert.deepEqual(update.type === 'update' && update.session, { prompt });
  assert.throws(() => long(JSON.stringify({ type, audio: 1, other: prompt })).command(), /must be a string/);
  for (const body of [
    { type: 'session.update', session: { prompt: audio } },
    { type, audio, other: audio },
  ])
    assert.throws(() => long(JSON.stringify(body)), /more than 1048576 bytes may only be input_audio_buffer/);
  for (const flood of [
    '['.repeat(100_000),
    `{"a":[${'1,'.repeat(100_000)}1]}`,
    `[${'"a",'.repeat(50_000)}""]`,
    `{"a":"${'\\"'.repeat(50_000)}"}`,
    `{"a":"${'\\'.repeat(80_000)}"}`,
    `{"type":"a"${' '.repeat(100_000)}}`,
    `{"a":"${'b'.repeat(100_000)}`,
  ])
    assert.throws(() => long(flood), /too many values/, flood.slice(0, 20));
});

test('messages', () => {
  const event = (text: string) => readMessage(text).command();
  const wrong: [string, RegExp][] = [
    ['{"type":"response.create"}', /nothing answers in speech/],
    ['{"type":"hello"}', /no event "hello" here; clients send session.update/],
    ['{}', /type is required/],
    ['{"type":"session.update"}', /session must be an object/],
    ['{"type":"input_audio_buffer.append","audio":"AA A"}', /no base64/],
    ['{"type":"input_audio_buffer.append"}', /audio must be a string/],
  ];
  for (const [text, message] of wrong) assert.throws(() => event(text), message);
  assert.throws(() => readMessage('[]'), /a JSON object/);
  assert.throws(() => readMessage(Buffer.alloc(2)), /base64/);
});

test('addresses: a model, an intent, a call, in any mixture', () => {
  const model = (query: string) => readAddress(`/v1/realtime${query}`).model;
  assert.equal(model(''), undefined);
  assert.equal(model('?intent=transcription'), undefined);
  assert.equal(model('?call_id=rtc_1'), undefined);
  assert.equal(model('?intent=transcription&model=whisper%3Abase'), 'whisper:base');
  assert.equal(model('?model=gpt-4o-transcribe'), 'gpt-4o-transcribe');
  for (const talker of [
    'gpt-realtime',
    'gpt-realtime-mini',
    'gpt-4o-realtime-preview',
    'gpt-4o-mini-realtime-preview',
  ])
    assert.equal(model(`?model=${talker}`), undefined, talker);
  assert.equal(model('?model=gpt-realtime-whisper'), 'gpt-realtime-whisper');
});

test('errors name the event and the field, and change nothing', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted();
  client.send('session.update', {
    event_id: 'e1',
    session: input({ transcription: { model: 'piper:joe' } }),
  });
  assert.deepEqual(await client.next('error'), {
    type: 'error',
    error: {
      type: 'invalid_request_error',
      code: 'wrong_kind',
      message: "Model 'piper:joe' is not an STT model: take one whose TYPE in `vox list` is stt",
      param: 'session.audio.input.transcription.model',
      event_id: 'e1',
    },
  });
  client.send('session.update', {
    event_id: 'e2',
    session: input({ transcription: { model: 'whisper:huge' } }),
  });
  const { error } = (await client.next('error')) as { error: Record<string, unknown> };
  assert.deepEqual([error.code, error.event_id], ['model_not_found', 'e2']);
  assert.match(String(error.message), /vox pull whisper:huge/);
  client.send('session.update', { session: input({ transcription: { language: 'fr' } }) });
  const unheard = (await client.next('error')) as { error: Record<string, unknown> };
  assert.equal(unheard.error.param, 'session.audio.input.transcription.language');
  assert.match(String(unheard.error.message), /language 'fr' is not one that this model hears: en/);
  client.socket.send('nonsense');
  assert.equal(((await client.next('error')).error as { event_id: unknown }).event_id, null);
  client.append();
  assert.deepEqual((await live(0)).request.options.language, undefined);
});

test('what is benign is no error: clear of nothing, a second commit, unknown keys, options that are not met', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted();
  client.send('input_audio_buffer.clear');
  assert.deepEqual(await client.next(), { type: 'input_audio_buffer.cleared' });
  const { session } = (await client.update({
    ...input({
      transcription: { keywords: ['Vox'], prompt: 'Words.' },
      noise_reduction: { type: 'near_field' },
    }),
    colour: 'red',
  })) as { session: { warnings: unknown[] } };
  assert.deepEqual(
    session.warnings.map((one) => (one as { option: string }).option),
    ['noise_reduction', 'prompt', 'keywords'],
  );
  const again = (await client.update(input({ noise_reduction: { type: 'near_field' } }))) as {
    session: object;
  };
  assert.ok(!('warnings' in again.session), 'each is said once');
  // One that only the session knows comes with the next transcript.
  const { listener } = await live(0);
  client.append();
  listener.onEvent({ type: 'warning', warning: { type: 'other', message: 'half of it was lost' } });
  listener.onEvent(started(1, 0));
  listener.onEvent(stopped(1, 50));
  listener.onEvent(final(1, ''));
  const completed = (await client.take(6)).at(-1);
  assert.deepEqual(completed?.warnings, [{ type: 'other', message: 'half of it was lost' }]);
});

test('an update in the middle: what came before is heard by the old rules, what comes after by the new', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted(MANUAL);
  const first = await live(0);
  client.append();
  client.send('session.update', { session: input({ transcription: { language: 'en' } }) });
  await client.next('session.updated');
  client.append(Buffer.alloc(2_400));
  await until('the end of the old', () => first.log.includes('finish'));
  first.listener.onEvent(final(1, 'Guten', 'end', { endMs: 100 }));
  first.listener.onEnd({ audioMs: 100, utterances: 1 });
  const second = await live(1);
  assert.equal(second.request.options.language, 'en');
  await until('the audio', () => second.audio.length > 0);
  assert.deepEqual(Buffer.concat(first.audio).length, CHUNK.length);
  assert.deepEqual(Buffer.concat(second.audio).length, 2_400);
  client.commit();
  await until('the commit', () => second.log.includes('commit'));
  second.listener.onEvent(final(1, 'Tag.', 'commit', { endMs: 50 }));
  const events = await client.take(6);
  assert.deepEqual(events.map(({ delta }) => delta).filter(Boolean), ['Guten', ' Tag.']);
  assert.deepEqual(events.at(-1)?.transcript, 'Guten Tag.');
  assert.deepEqual(events.at(-1)?.usage, { type: 'duration', seconds: 0.15 });
});

test('clear throws away what was not committed, and what follows is heard', async (t) => {
  const { greeted, live } = await serve(t);
  const client = await greeted(MANUAL);
  const { listener, log } = await live(0);
  client.append();
  client.send('input_audio_buffer.clear');
  await client.next('input_audio_buffer.cleared');
  client.append();
  client.commit();
  await client.take(3);
  await until('both commits', () => log.filter((one) => one === 'commit').length === 2);
  assert.deepEqual(log, ['audio 4800', 'commit', 'audio 4800', 'commit']);
  listener.onEvent(final(1, 'Forget this.', 'commit'));
  listener.onEvent(final(2, 'Keep this.', 'commit', { endMs: 200 }));
  const [delta, completed] = await client.take(2);
  assert.deepEqual([delta?.delta, completed?.transcript], ['Keep this.', 'Keep this.']);
  assert.deepEqual(completed?.usage, { type: 'duration', seconds: 0.1 });
});
