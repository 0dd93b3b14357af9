/** `POST /v1/text-to-speech/{voice_id}`, in its four forms, and `GET /v1/voices`. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { readFormat } from './formats.js';
import { serve } from './serve.test.support.js';

const AUDIO = Buffer.from([1, 0, 2, 0, 3, 0, 4, 0, 5, 0]);

test('whole and as it is made: bytes, types, and what the runtime is asked for', async (t) => {
  const { post, runtime, directory } = await serve(t);
  const rows: [string, string, string | null, object][] = [
    ['default', 'audio/mpeg', '10', { format: 'mp3', sampleRate: 44_100, whole: true }],
    ['default/stream', 'audio/mpeg', null, { format: 'mp3', sampleRate: 44_100, whole: false }],
    [
      'default/stream?output_format=pcm_24000',
      'audio/L16; rate=24000; channels=1',
      null,
      { format: 'pcm', sampleRate: 24_000 },
    ],
    ['default/stream?output_format=ulaw_8000', 'audio/basic', null, { format: 'mulaw', sampleRate: 8_000 }],
    [
      'default/stream?output_format=alaw_8000',
      'audio/x-alaw-basic',
      null,
      { format: 'alaw', sampleRate: 8_000 },
    ],
    [
      'default/stream?output_format=opus_48000_64',
      'audio/ogg',
      null,
      { format: 'opus', sampleRate: undefined },
    ],
    ['default/stream?output_format=wav_16000', 'audio/wav', null, { format: 'wav', sampleRate: 16_000 }],
  ];
  for (const [path, type, length, wanted] of rows) {
    const answer = await post(path, { text: 'Hello.', model_id: '' });
    assert.equal(answer.status, 200, path);
    assert.equal(answer.headers.get('content-type'), type);
    assert.equal(answer.headers.get('content-length'), length);
    assert.ok(answer.headers.get('request-id'));
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), AUDIO, path);
    const asked = runtime.asked.speak.at(-1);
    for (const [key, value] of Object.entries(wanted))
      assert.equal(asked?.[key as 'format'], value, `${path} ${key}`);
    assert.deepEqual([asked?.text, asked?.voice, asked?.speed], ['Hello.', 'default', 1]);
  }
  assert.deepEqual(await readdir(directory), [], 'nothing is left');
});

test('with timestamps: base64 in one document or in lines; no alignment is made up', async (t) => {
  const { post } = await serve(t);
  const whole = await post('default/with-timestamps?output_format=pcm_16000', { text: 'Hello.' });
  assert.match(whole.headers.get('content-type') ?? '', /^application\/json/);
  assert.deepEqual(await whole.json(), {
    audio_base64: AUDIO.toString('base64'),
    alignment: null,
    normalized_alignment: null,
  });
  const lines = await post('default/stream/with-timestamps?output_format=pcm_16000', { text: 'Hello.' });
  const documents = (await lines.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string | null>);
  for (const { audio_base64: _, ...rest } of documents)
    assert.deepEqual(rest, { alignment: null, normalized_alignment: null });
  const audio = documents.map(({ audio_base64 }) => Buffer.from(audio_base64 ?? '', 'base64'));
  assert.deepEqual(
    audio.map(({ length }) => length),
    [4, 6],
  );
  assert.deepEqual(Buffer.concat(audio), AUDIO);
});

test('voices: the model’s own, by name, by the user’s name; theirs is the default, with a warning', async (t) => {
  const { post, runtime, url } = await serve(t);
  const rows: [string, string, boolean][] = [
    ['af_nova', 'af_nova', false],
    ['nova', 'af_nova', false],
    ['Rachel', 'af_nova', false],
    ['21m00Tcm4TlvDq8ikWAM', 'default', true],
  ];
  for (const [wanted, voice, warned] of rows) {
    const answer = await post(`${wanted}/stream`, { text: 'Hello.' });
    await answer.arrayBuffer();
    assert.equal(runtime.asked.speak.at(-1)?.voice, voice);
    assert.equal(/voice_id/.test(answer.headers.get('x-vox-warning') ?? ''), warned, wanted);
  }
  const unknown = await post('nobody', { text: 'Hello.' });
  assert.equal(unknown.status, 404);
  assert.deepEqual(await unknown.json(), {
    detail: {
      status: 'voice_not_found',
      message: "Voice 'nobody' not found; this model has: default, af_nova",
    },
  });
  const listed = (await (await fetch(`${url}/v1/voices`)).json()) as { voices: Record<string, unknown>[] };
  assert.deepEqual(listed.voices[0], {
    voice_id: 'default',
    name: 'Joe',
    category: 'premade',
    labels: { language: 'en-us', gender: 'male' },
    description: null,
    preview_url: null,
    settings: null,
  });
});

test('speed and language are obeyed, the rest is said', async (t) => {
  const { post, runtime } = await serve(t);
  const answer = await post('default/stream?output_format=mp3_44100_64', {
    text: 'Hello.',
    language_code: 'de',
    voice_settings: { speed: 1.1, stability: 0.5 },
    seed: 7,
    next_text: null,
    unknown: 1,
  });
  await answer.arrayBuffer();
  const asked = runtime.asked.speak.at(-1);
  assert.deepEqual([asked?.speed, asked?.language], [1.1, 'de']);
  assert.equal(
    answer.headers.get('x-vox-warning'),
    'output_format: mp3 is encoded with 128 kbit/s; seed: not supported; it was not used; voice_settings: only speed steers the voices here; the rest was not used',
  );
});

test('errors in ElevenLabs’ shape', async (t) => {
  const { post, runtime } = await serve(t);
  const rows: [string, unknown, number, string, RegExp][] = [
    ['default', {}, 400, 'invalid_request', /^text: this field is required/],
    ['default', { text: ' ' }, 400, 'invalid_request', /^text: holds nothing/],
    ['default', { text: 'x'.repeat(101) }, 400, 'invalid_request', /at most 100/],
    [
      'default?output_format=mp3_9',
      { text: 'x' },
      400,
      'invalid_request',
      /^output_format must be one of mp3_22050/,
    ],
    ['default', { text: 'x', model_id: 'nope' }, 404, 'model_not_found', /not found/],
  ];
  for (const [path, body, status, word, message] of rows) {
    const answer = await post(path, body);
    const { detail } = (await answer.json()) as { detail: Record<string, string> };
    assert.deepEqual([answer.status, detail.status], [status, word]);
    assert.match(detail.message ?? '', message);
  }
  runtime.script.audio = async function* () {
    yield AUDIO;
    throw new VoxError('runner_crashed', 'it died');
  };
  const text = await (
    await post('default/stream/with-timestamps?output_format=pcm_16000', { text: 'x' })
  ).text();
  assert.deepEqual(JSON.parse(text.trim().split('\n').at(-1) ?? ''), {
    message: 'it died',
    error: 'runner_crashed',
    code: 1011,
  });
});

test('output formats', () => {
  assert.deepEqual(readFormat(''), { format: 'mp3', sampleRate: 44_100, warnings: [] });
  assert.deepEqual(readFormat('mp3_22050_32').warnings.length, 1);
  for (const wrong of ['pcm', 'pcm_1', 'mp3_8000_128', 'ulaw_16000', 'flac_44100', 'constructor_1', '_'])
    assert.throws(() => readFormat(wrong), { param: 'output_format' }, wrong);
});
