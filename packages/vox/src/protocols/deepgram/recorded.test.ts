/** `POST /v1/listen`: the document that Deepgram's SDK reads. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { serve } from './serve.test.support.js';

const post = (url: string, query: string, body: Uint8Array | string = 'RIFF', type = 'audio/wav') =>
  fetch(`${url}/v1/listen?${query}`, { method: 'POST', headers: { 'content-type': type }, body });

test('a recording, field for field', async (t) => {
  const { url, runtime, directory } = await serve(t);
  runtime.script.warnings = [{ type: 'unsupported', option: 'prompt', message: 'none taken' }];
  const query =
    'model=whisper:base&smart_format=true&utterances=true&detect_language=true&multichannel=true&tag=x';
  const answer = await post(url, query);
  assert.equal(answer.status, 200);
  const { metadata, results } = (await answer.json()) as Record<string, Record<string, unknown>>;
  const { request_id, created, models, model_info, ...rest } = metadata ?? {};
  assert.equal(answer.headers.get('dg-request-id'), request_id);
  assert.match(String(answer.headers.get('x-vox-warning')), /multichannel.*none taken/);
  assert.ok(Date.parse(String(created)) > 0);
  const [uuid] = models as string[];
  const info = (model_info as Record<string, Record<string, unknown>>)[uuid ?? ''];
  assert.deepEqual([info?.name, info?.arch], ['whisper:base', 'whisper']);
  assert.deepEqual(rest, {
    transaction_key: 'deprecated',
    sha256: '',
    duration: 8.47,
    channels: 1,
    tags: ['x'],
    warnings: [
      { parameter: 'multichannel', type: 'unsupported', message: 'channels were mixed and heard as one' },
      { parameter: 'prompt', type: 'unsupported', message: 'none taken' },
    ],
  });
  const words = [
    { word: 'ask', start: 0.32, end: 0.7, confidence: 0.9, punctuated_word: 'Ask' },
    { word: 'not', start: 0.7, end: 1.48, confidence: 0, punctuated_word: 'not' },
  ];
  assert.deepEqual(results, {
    channels: [
      {
        alternatives: [{ transcript: 'Ask not what & <why>.', confidence: 0.9, words }],
        detected_language: 'en',
      },
    ],
    utterances: [
      {
        start: 0.32,
        end: 1.48,
        confidence: 0.9,
        channel: 0,
        transcript: 'Ask not',
        words,
        id: `${request_id}-0`,
      },
      {
        start: 3661.001,
        end: 3662.999,
        confidence: 0,
        channel: 0,
        transcript: 'what & <why>.',
        words: [],
        id: `${request_id}-1`,
      },
    ],
  });
  const asked = runtime.asked.transcribe[0];
  assert.deepEqual(
    [asked?.words, asked?.language, asked?.bytes, asked?.raw],
    [true, undefined, 4, undefined],
  );
  assert.deepEqual(await readdir(directory), [], 'nothing is left');
});

test('samples without a header, and a model that times no words', async (t) => {
  const { url, runtime } = await serve(t);
  const answer = await post(
    url,
    'encoding=linear16&sample_rate=8000&channels=2&language=en-US&keyterm=Vox&keywords=Ada:2',
    Buffer.alloc(10),
    'application/octet-stream',
  );
  assert.equal(answer.status, 200);
  const asked = runtime.asked.transcribe[0];
  assert.deepEqual(asked?.raw, { encoding: 'pcm16', sampleRate: 8_000, channels: 2 });
  assert.deepEqual([asked?.language, asked?.hotwords], ['en', ['Vox', 'Ada']]);
  const { transcribe } = runtime;
  runtime.transcribe = async (request) => {
    if (request.words)
      throw new VoxError('invalid_request', 'no word times', { param: 'timestamp_granularities' });
    return transcribe(request);
  };
  const without = (await (await post(url, '')).json()) as { metadata: { warnings: unknown[] } };
  assert.deepEqual(without.metadata.warnings, [
    { parameter: 'words', type: 'unsupported', message: 'no word times' },
  ]);
});

test('what is refused, in Deepgram’s shape', async (t) => {
  const { url, runtime, directory } = await serve(t);
  const rows: [string, Uint8Array | string, string, number, string, RegExp][] = [
    ['', '{"url":"http://a.example/b.wav"}', 'application/json', 400, 'Bad Request', /fetches no recordings/],
    ['', '', 'audio/wav', 400, 'Bad Request', /no recording/],
    ['', 'a=b', 'text/plain', 400, 'Bad Request', /no recording/],
    ['encoding=mulaw&sample_rate=8000', 'x', 'audio/wav', 400, 'Bad Request', /as WAV/],
    ['model=nope', 'x', 'audio/wav', 404, 'MODEL_UNKNOWN', /not found/],
    ['', new Uint8Array(1_000_001), 'audio/wav', 413, 'PAYLOAD_TOO_LARGE', /larger/],
  ];
  for (const [query, body, type, status, code, words] of rows) {
    const answer = await post(url, query, body, type);
    const { err_code, err_msg } = (await answer.json()) as Record<string, string>;
    assert.deepEqual([answer.status, err_code], [status, code], query);
    assert.match(err_msg ?? '', words);
  }
  assert.equal(runtime.asked.transcribe.length, 0);
  assert.deepEqual(await readdir(directory), []);
});
