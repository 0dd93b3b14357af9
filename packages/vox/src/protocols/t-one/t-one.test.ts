import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { NO_BEAM } from './fake-sessions.test.support.js';
import { form, ramp, serve, wav } from './serve.test.support.js';

const FILE = wav(ramp(800));

test('a recording: phrases by silences, the original’s fields, then ours', async (t) => {
  const { call, runtime, leftOver } = await serve(t);
  const { status, body } = await call('/transcribe?language=de', { body: form({}, FILE) });
  assert.equal(status, 200);
  assert.equal(typeof body.processing_time, 'number');
  assert.deepEqual(
    { ...body, processing_time: 0 },
    {
      phrases: [
        {
          text: 'Ask not',
          start_time: 0.32,
          end_time: 1.48,
          words: [
            { text: 'Ask', start_time: 0.32, end_time: 0.7, confidence: 0.9 },
            { text: 'not', start_time: 0.7, end_time: 1.48 },
          ],
          confidence: 0.84,
        },
        { text: 'what & <why>.', start_time: 3661, end_time: 3663 },
      ],
      full_text: 'Ask not what & <why>.',
      duration: 3663,
      processing_time: 0,
      audio_duration: 8.47,
      model: 'whisper:base',
      language: 'en',
    },
  );
  const [asked] = runtime.asked.transcribe;
  assert.deepEqual([asked?.language, asked?.words, asked?.bytes], ['de', true, FILE.size]);
  assert.deepEqual(await leftOver(), []);
});

test('without timestamps only the phrases go; silence is an empty answer', async (t) => {
  const { call, runtime } = await serve(t);
  for (const word of ['false', '0', 'OFF', 'no']) {
    const { body } = await call('/transcribe', { body: form({ return_timestamps: word }, FILE) });
    assert.deepEqual([body.phrases, body.full_text], [[], 'Ask not what & <why>.'], word);
  }
  runtime.script.segments = [];
  const { body } = await call('/transcribe', { body: form({}, FILE) });
  assert.deepEqual([body.phrases, body.full_text, body.duration], [[], '', 0]);
});

test('errors are FastAPI’s', async (t) => {
  const { call, runtime, sessions, url } = await serve(t);
  const field = (type: string, name: string, msg: string, input: unknown = null) => ({
    type,
    loc: ['body', name],
    msg,
    input,
  });
  const absent = (name: string) => field('missing', name, 'Field required');
  const boolean = 'Input should be a valid boolean, unable to interpret input';
  const chunk = '/transcribe/streaming/chunk';
  const finalize = '/transcribe/streaming/finalize';
  const big = new Blob([new Uint8Array(1024 * 1024 + 1)]);
  const cases: [string, RequestInit, number, unknown][] = [
    ['/transcribe', {}, 422, [absent('file')]],
    ['/transcribe', { body: form({ a: 'b' }) }, 422, [absent('file')]],
    ['/transcribe', { body: '{}', headers: { 'content-type': 'application/json' } }, 422, [absent('file')]],
    [chunk, {}, 422, [absent('state_id'), absent('file')]],
    [chunk, { body: form({}, FILE) }, 422, [absent('state_id')]],
    [finalize, {}, 422, [absent('state_id')]],
    [
      '/transcribe',
      { body: form({ return_timestamps: 'maybe' }, FILE) },
      422,
      [field('bool_parsing', 'return_timestamps', boolean, 'maybe')],
    ],
    [
      '/transcribe?decoder=magic',
      { body: form({}, FILE) },
      422,
      [field('literal_error', 'decoder', "Input should be 'greedy' or 'beam'", 'magic')],
    ],
    ['/transcribe', { body: form({}, new Blob([])) }, 400, 'Empty file: e.wav'],
    [chunk, { body: form({ state_id: 'x' }, new Blob([])) }, 400, 'Empty file: e.wav'],
    [chunk, { body: form({ state_id: 'nope' }, FILE) }, 404, "State ID 'nope' not found"],
    [finalize, { body: form({ state_id: 'nope' }) }, 404, "State ID 'nope' not found"],
    ['/transcribe', { method: 'GET' }, 405, 'Method Not Allowed'],
    ['/transcribe', { body: form({}, big) }, 413, 'File too large: 1.00 MB (maximum: 1 MB)'],
    [
      '/transcribe?model=whisper:large',
      { body: form({}, FILE) },
      503,
      "Service unavailable: Model not loaded. Model 'whisper:large' not found. Pull it first: vox pull whisper:large",
    ],
  ];
  for (const [path, init, status, detail] of cases) {
    const reply = await fetch(`${url}${path}`, { method: 'POST', ...init });
    assert.deepEqual([reply.status, await reply.json()], [status, { detail }], `${path} ${status}`);
  }
  const text = await call(chunk, { body: form({ state_id: 'x' }, new Blob(['no sound at all'])) });
  assert.equal(text.status, 415);
  assert.match(String(text.body.detail), /not supported: send WAV/);
  sessions.error = new VoxError('overloaded', 'too many sessions', { retryAfter: 7 });
  const full = await call('/transcribe/streaming');
  assert.deepEqual([full.status, full.headers.get('retry-after')], [503, '7']);
  sessions.error = new VoxError('store_unavailable', 'Redis is away', { retryAfter: 2 });
  const away = await call('/transcribe/streaming');
  assert.deepEqual([away.status, away.body], [503, { detail: 'Redis is away' }]);
  assert.equal(runtime.asked.transcribe.length, 0);
});

test('a key is asked for before the body is looked at; the greeting is open', async (t) => {
  const { call, url } = await serve(t, ['secret']);
  const detail = 'Invalid or missing API key. Provide X-API-Key header';
  for (const headers of [{}, { 'x-api-key': 'wrong' }]) {
    const { status, body } = await call('/transcribe/streaming/chunk', { headers });
    assert.deepEqual([status, body], [401, { detail }]);
  }
  const { status } = await call('/transcribe/streaming', { headers: { 'x-api-key': 'secret' } });
  assert.equal(status, 200);
  const health = await fetch(`${url}/health`);
  assert.deepEqual(await health.json(), { status: 'healthy', model_loaded: true });
  const root = (await (await fetch(url)).json()) as Record<string, unknown>;
  assert.deepEqual(
    [root.name, root.version, Object.keys(root)],
    ['Ours', '1.0.0', ['name', 'version', 'description', 'endpoints']],
  );
});

test('health tells of a store that is away', async (t) => {
  const { sessions, url } = await serve(t);
  sessions.away = 'Redis does not answer';
  const reply = await fetch(`${url}/health`);
  const body = { status: 'unhealthy', model_loaded: true, detail: 'Redis does not answer' };
  assert.deepEqual([reply.status, await reply.json()], [503, body]);
});

test('a decoder that the model lacks is told when the session begins', async (t) => {
  const { url } = await serve(t);
  const reply = await fetch(`${url}/transcribe/streaming?decoder=beam`, { method: 'POST' });
  assert.equal(reply.headers.get('x-vox-warning'), 'decoder: greedy only');
  const { warnings } = (await reply.json()) as { warnings?: unknown };
  assert.deepEqual(warnings, [NO_BEAM]);
});

test('a session: only new phrases per chunk, all of them at the end, or the remainder', async (t) => {
  const { start, send, end, sessions, leftOver } = await serve(t);
  const id = await start('?decoder=beam&language=ru');
  assert.deepEqual(sessions.asked, [{ model: '', language: 'ru', decoder: 'beam' }]);
  const first = await send(id, wav(ramp(12_000)));
  const { phrases, ...state } = first.body;
  assert.deepEqual(state, { state_id: id, is_final: false, partial: 'and', audio_duration: 1.5, seq: 0 });
  const word = { text: 'second', start_time: 0, end_time: 0.3, confidence: 0.88 };
  assert.deepEqual(phrases, [
    { text: 'second 0', start_time: 0, end_time: 0.5, words: [word], confidence: 0.88 },
  ]);
  const second = await send(id, wav(ramp(12_000)), { seq: '1' });
  const again = await send(id, wav(ramp(12_000)), { seq: '1' });
  assert.deepEqual(again.body, second.body);
  const gap = await send(id, wav(ramp(1)), { seq: '9' });
  assert.equal(gap.status, 409);
  const texts = ({ body }: { body: Record<string, unknown> }) =>
    (body.phrases as { text: string }[]).map(({ text }) => text);
  assert.deepEqual(texts(second), ['second 1', 'second 2']);
  assert.deepEqual(texts(await end(id, '&new_only=true')), []);
  const last = await end(id);
  assert.deepEqual([texts(last), last.body.is_final], [['second 0', 'second 1', 'second 2'], true]);
  assert.deepEqual(await leftOver(), []);
});
