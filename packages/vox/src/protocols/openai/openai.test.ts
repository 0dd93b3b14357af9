import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { until } from '../../transport/waiting.test.support.js';
import { serve } from './serve.test.support.js';

const TEXT = 'Ask not what & <why>.';

test('every transcript format', async (t) => {
  const { transcribe, directory, runtime } = await serve(t);
  const ask = async (format: string, ...more: [string, string][]) => {
    const answer = await transcribe([['model', 'whisper-1'], ['response_format', format], ...more]);
    assert.equal(answer.status, 200, format);
    return answer;
  };
  const json = await ask('json');
  assert.deepEqual(await json.json(), { text: TEXT, usage: { type: 'duration', seconds: 9 } });
  assert.equal(json.headers.get('x-vox-model'), 'whisper:base');
  assert.equal(json.headers.get('x-vox-processing-ms'), '123');
  assert.match(json.headers.get('x-request-id') ?? '', /^[0-9a-f]{12}$/);

  const text = await ask('text');
  assert.equal(text.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.equal(await text.text(), `${TEXT}\n`);

  const srt = await ask('srt');
  assert.doesNotMatch(srt.headers.get('content-type') ?? '', /json/);
  assert.equal(
    await srt.text(),
    '1\n00:00:00,320 --> 00:00:01,480\nAsk not\n\n2\n01:01:01,001 --> 01:01:02,999\nwhat & <why>.\n\n',
  );
  assert.equal(
    await (await ask('vtt')).text(),
    'WEBVTT\n\n00:00:00.320 --> 00:00:01.480\nAsk not\n\n01:01:01.001 --> 01:01:02.999\nwhat &amp; &lt;why&gt;.\n\n',
  );

  const verbose = (await (await ask('verbose_json', ['temperature', '0.4'])).json()) as Record<
    string,
    unknown
  >;
  assert.deepEqual(verbose, {
    task: 'transcribe',
    language: 'english',
    duration: 8.47,
    text: TEXT,
    segments: [
      {
        id: 0,
        seek: 32,
        start: 0.32,
        end: 1.48,
        text: ' Ask not',
        tokens: [1, 2],
        temperature: 0.4,
        avg_logprob: -0.25,
        compression_ratio: 1.1,
        no_speech_prob: 0,
      },
      {
        id: 1,
        seek: 366_100,
        start: 3661.001,
        end: 3662.999,
        text: ' what & <why>.',
        tokens: [],
        temperature: 0.4,
        avg_logprob: 0,
        compression_ratio: 0,
        no_speech_prob: 0,
      },
    ],
    usage: { type: 'duration', seconds: 9 },
    model: 'whisper:base',
    processing_ms: 123,
  });
  assert.deepEqual(await readdir(directory), [], 'temporary files are gone');
  assert.ok(runtime.asked.transcribe.every(({ bytes }) => bytes === 4));
});

test('granularities: every spelling, and which lists come', async (t) => {
  const { transcribe, runtime } = await serve(t);
  const cases: [[string, string][], string[]][] = [
    [[], ['segments']],
    [[['timestamp_granularities[]', 'segment']], ['segments']],
    [[['timestamp_granularities[]', 'word']], ['words']],
    [[['timestamp_granularities', 'word']], ['words']],
    [
      [
        ['timestamp_granularities[]', 'word'],
        ['timestamp_granularities[]', 'segment'],
      ],
      ['words', 'segments'],
    ],
    [[['timestamp_granularities', 'word,segment']], ['words', 'segments']],
    [[['timestamp_granularities', '["segment", "word"]']], ['words', 'segments']],
  ];
  for (const [fields, lists] of cases) {
    const answer = await transcribe([['response_format', 'verbose_json'], ...fields]);
    const body = (await answer.json()) as Record<string, unknown>;
    assert.deepEqual(
      Object.keys(body).filter((key) => ['words', 'segments'].includes(key)),
      lists,
      JSON.stringify(fields),
    );
    assert.equal(runtime.asked.transcribe.at(-1)?.words, lists.includes('words'));
    if (lists.includes('words'))
      assert.deepEqual(body.words, [
        { word: 'Ask', start: 0.32, end: 0.7 },
        { word: 'not', start: 0.7, end: 1.48 },
      ]);
  }
});

test('fields reach the runtime; what is not supported is said', async (t) => {
  const { transcribe, runtime } = await serve(t);
  runtime.script.warnings = [
    { type: 'unsupported', option: 'scores', message: 'none' },
    { type: 'unsupported', option: 'hotwords', message: 'no list' },
    { type: 'unsupported', option: 'prompt', message: 'not usèd' },
  ];
  const answer = await transcribe([
    ['model', 'whisper'],
    ['language', 'German'],
    ['prompt', 'Namen: Ödön'],
    ['temperature', '0.5'],
    ['keep_alive', '5m'],
    ['include[]', 'logprobs'],
    ['keywords[]', 'Vox, Inc.'],
    ['keywords[]', ' Ödön'],
    ['chunking_strategy[type]', 'server_vad'],
    ['chunking_strategy[threshold]', '0.4'],
    ['unknown', 'x'],
  ]);
  const { signal, path, bytes, ...asked } = runtime.asked.transcribe[0] ?? assert.fail();
  assert.ok(signal instanceof AbortSignal && path && bytes);
  assert.deepEqual(asked, {
    model: 'whisper',
    task: 'transcribe',
    words: false,
    language: 'de',
    prompt: 'Namen: Ödön',
    hotwords: ['Vox, Inc.', 'Ödön'],
    temperature: 0.5,
    scores: true,
    chunking: { threshold: 0.4 },
    keepAlive: 300,
  });
  assert.equal(answer.headers.get('x-vox-warning'), 'include: none; keywords: no list; prompt: not us?d');
  assert.deepEqual(((await answer.json()) as { warnings: unknown }).warnings, [
    { type: 'unsupported', option: 'include', message: 'none' },
    { type: 'unsupported', option: 'keywords', message: 'no list' },
    { type: 'unsupported', option: 'prompt', message: 'not usèd' },
  ]);
  const translated = await transcribe(
    [
      ['response_format', 'verbose_json'],
      ['keep_alive', '-1'],
    ],
    'RIFF',
    'translations',
  );
  const body = (await translated.json()) as Record<string, unknown>;
  assert.equal(body.task, 'translate');
  assert.equal(body.language, 'english');
  assert.equal(runtime.asked.transcribe[1]?.keepAlive, Number.POSITIVE_INFINITY);
});

test('silence has no language and no text', async (t) => {
  const { transcribe, runtime } = await serve(t);
  Object.assign(runtime.script, { segments: [], language: undefined });
  const body = (await (await transcribe([['response_format', 'verbose_json']])).json()) as Record<
    string,
    unknown
  >;
  assert.equal(body.text, '');
  assert.equal(body.language, 'unknown');
  assert.deepEqual(body.segments, []);
  assert.equal(await (await transcribe([['response_format', 'vtt']])).text(), 'WEBVTT\n\n');
});

test('bad transcription requests name the field and what is allowed', async (t) => {
  const { transcribe, directory, runtime } = await serve(t);
  const cases: [[string, string][], string | null, number, string | null, string, RegExp][] = [
    [
      [['response_format', 'xml']],
      'x',
      400,
      'response_format',
      'invalid_request',
      /json, text, srt, verbose_json, vtt, diarized_json; got "xml"/,
    ],
    [
      [['timestamp_granularities[]', 'word']],
      'x',
      400,
      'timestamp_granularities',
      'invalid_request',
      /verbose_json/,
    ],
    [
      [
        ['timestamp_granularities[]', 'char'],
        ['response_format', 'verbose_json'],
      ],
      'x',
      400,
      'timestamp_granularities',
      'invalid_request',
      /word, segment/,
    ],
    [[['include[]', 'tokens']], 'x', 400, 'include', 'invalid_request', /must be logprobs; got "tokens"/],
    [
      [
        ['include[]', 'logprobs'],
        ['response_format', 'srt'],
      ],
      'x',
      400,
      'include',
      'invalid_request',
      /response_format json, not srt/,
    ],
    [[['temperature', '2']], 'x', 400, 'temperature', 'invalid_request', /from 0 to 1/],
    [[['temperature', 'NaN']], 'x', 400, 'temperature', 'invalid_request', /from 0 to 1/],
    [[['keep_alive', 'soon']], 'x', 400, 'keep_alive', 'invalid_request', /"5m"/],
    [[], null, 400, 'file', 'invalid_request', /required/],
    [[], '', 400, 'file', 'empty_audio', /empty/],
    [[['model', 'whisper:large']], 'x', 404, null, 'model_not_found', /vox pull whisper:large/],
    [[['model', 'nope']], 'x', 404, 'model', 'model_not_found', /not found/],
    [[['model', 'piper:joe']], 'x', 400, 'model', 'wrong_kind', /not a stt model/],
    [[['model', '../../etc/passwd']], 'x', 400, 'model', 'invalid_request', /not a model name/],
    [[], 'x'.repeat(1_000_001), 413, 'file', 'too_large', /1000000 bytes/],
  ];
  for (const [fields, file, status, param, code, text] of cases) {
    const answer = await transcribe(fields, file);
    const body = (await answer.json()) as { error: Record<string, unknown>; detail: string };
    assert.equal(answer.status, status, JSON.stringify(body));
    assert.deepEqual(
      { param: body.error.param, code: body.error.code, type: body.error.type },
      { param, code, type: 'invalid_request_error' },
    );
    assert.match(String(body.error.message), text);
    assert.equal(body.detail, body.error.message);
    assert.deepEqual(await readdir(directory), [], text.source);
  }
  const statuses: [VoxError, number, string][] = [
    [new VoxError('unsupported_media', 'no audio'), 415, 'invalid_request_error'],
    [new VoxError('overloaded', 'later'), 429, 'rate_limit_error'],
    [new VoxError('engine_missing', 'none'), 503, 'server_error'],
    [new VoxError('out_of_memory', 'full'), 507, 'server_error'],
  ];
  for (const [error, status, type] of statuses) {
    runtime.script.transcribeError = error;
    const answer = await transcribe([]);
    assert.equal(answer.status, status);
    assert.equal(((await answer.json()) as { error: { type: string } }).error.type, type);
    if (status === 429) assert.equal(answer.headers.get('retry-after'), '1');
  }
});

test('a client that goes mid-decode and mid-speech stops the work', async (t) => {
  const { runtime, url, directory } = await serve(t);
  const seen: string[] = [];
  runtime.script.work = ({ signal }) =>
    new Promise((_, reject) => {
      seen.push('decoding');
      signal.addEventListener('abort', () => {
        seen.push('decode stopped');
        reject(signal.reason);
      });
    });
  runtime.script.audio = async function* ({ signal }) {
    signal.addEventListener('abort', () => seen.push('speech stopped'));
    try {
      for (;;) {
        yield Buffer.alloc(4_096);
        seen.push('speaking');
      }
    } finally {
      seen.push('speech returned');
    }
  };
  const boundary = 'b';
  const body = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nRIFF\r\n--${boundary}--\r\n`;
  const decode = httpRequest(`${url}/v1/audio/transcriptions`, {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  });
  decode.on('error', () => {});
  decode.end(body);
  await until('decoding', () => seen.includes('decoding'));
  assert.equal((await readdir(directory)).length, 1);
  decode.destroy();
  await until('decode stopped', () => seen.includes('decode stopped'));
  await until('the file is gone', async () => (await readdir(directory)).length === 0);

  const speech = httpRequest(`${url}/v1/audio/speech`, { method: 'POST' }, (response) => {
    response.pause();
    response.on('error', () => {});
  });
  speech.on('error', () => {});
  speech.end('{"input":"x"}');
  await until('speaking', () => seen.includes('speaking'));
  speech.destroy();
  await until('speech stopped', () => seen.includes('speech stopped') && seen.includes('speech returned'));
});
