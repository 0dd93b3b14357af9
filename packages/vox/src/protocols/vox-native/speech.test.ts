import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { serve } from './serve.test.support.js';

test('transcribe: V1 shapes', async (t) => {
  const { url, directory, runtime } = await serve(t);
  const post = (fields: Record<string, string>) => {
    const form = new FormData();
    form.append('file', new Blob(['RIFF']), 'a.wav');
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    return fetch(`${url}/api/transcribe`, { method: 'POST', body: form });
  };
  const base = {
    model: 'whisper:base',
    text: 'Ask not what & <why>.',
    language: 'en',
    duration_ms: 8470,
    processing_ms: 123,
  };
  assert.deepEqual(await (await post({ model: 'whisper', language: '' })).json(), base);
  const verbose = (await (
    await post({ response_format: 'verbose_json', word_timestamps: 'true' })
  ).json()) as { segments: unknown[] };
  assert.deepEqual(verbose, {
    ...base,
    segments: [
      {
        text: ' Ask not',
        start_ms: 320,
        end_ms: 1480,
        words: [
          { word: ' Ask', start_ms: 320, end_ms: 700, confidence: 0.9 },
          { word: ' not', start_ms: 700, end_ms: 1480, confidence: null },
        ],
      },
      { text: ' what & <why>.', start_ms: 3_661_001, end_ms: 3_662_999, words: [] },
    ],
  });
  const text = await post({ response_format: 'text' });
  assert.equal(text.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.equal(await text.text(), base.text);
  for (const [fields, message] of [
    [{ response_format: 'srt' }, /json, text, verbose_json/],
    [{ model: 'piper:joe' }, /not a stt model/],
  ] as const) {
    const answer = await post(fields);
    assert.equal(answer.status, 400);
    assert.match(((await answer.json()) as { detail: string }).detail, message);
  }
  const unseen = await post({ word_timestamps: 'true' });
  assert.match(unseen.headers.get('x-vox-warning') ?? '', /word_timestamps: only .* verbose_json/);
  for (const [field, value, type] of [
    ['word_timestamps', 'maybe', 'bool_parsing'],
    ['temperature', 'warm', 'float_parsing'],
  ] as const) {
    const answer = await post({ [field]: value });
    assert.equal(answer.status, 422);
    const { detail } = (await answer.json()) as { detail: Record<string, unknown>[] };
    assert.deepEqual({ ...detail[0], msg: '' }, { type, loc: ['body', field], msg: '', input: value });
  }
  assert.deepEqual(await readdir(directory), []);
  assert.equal(runtime.asked.transcribe[1]?.words, true);
});

test('synthesize: whole by default, streamed when asked', async (t) => {
  const { url, runtime } = await serve(t);
  const post = (body: object) =>
    fetch(`${url}/api/synthesize`, { method: 'POST', body: JSON.stringify(body) });
  const whole = await post({ model: 'piper:joe', input: 'Hi.', voice: null, response_format: 'wav' });
  assert.equal(whole.headers.get('content-disposition'), 'attachment; filename=speech.wav');
  const wav = Buffer.from(await whole.arrayBuffer());
  assert.equal(whole.headers.get('content-length'), '54');
  assert.equal(wav.readUInt32LE(40), 10);
  assert.equal(runtime.asked.speak[0]?.whole, true);
  const pcm = await post({
    input: 'Hi.',
    response_format: 'pcm',
    stream: true,
    speed: 1.5,
    language: 'en-US',
    keep_alive: 0,
  });
  assert.equal(pcm.headers.get('content-type'), 'audio/L16; rate=22050; channels=1');
  assert.equal(pcm.headers.get('content-length'), null);
  assert.equal((await pcm.arrayBuffer()).byteLength, 10);
  const { signal, ...asked } = runtime.asked.speak[1] ?? assert.fail();
  assert.ok(signal);
  assert.deepEqual(asked, {
    model: '',
    text: 'Hi.',
    voice: '',
    speed: 1.5,
    format: 'pcm',
    whole: false,
    language: 'en',
    keepAlive: 0,
  });
});
