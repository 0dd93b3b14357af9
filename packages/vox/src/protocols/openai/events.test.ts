import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { SEGMENTS } from '../../runtime/fake-runtime.test.support.js';
import { until } from '../../transport/waiting.test.support.js';
import { serve } from './serve.test.support.js';

async function events(answer: Response): Promise<unknown[]> {
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const text = await answer.text();
  assert.ok(text.endsWith('\n\n'));
  return text
    .split('\n\n')
    .filter(Boolean)
    .map((line) => (line === 'data: [DONE]' ? 'DONE' : JSON.parse(line.replace(/^data: /, ''))));
}

test('a transcript comes as deltas that make up the whole', async (t) => {
  const { transcribe, directory } = await serve(t);
  const seen = await events(await transcribe([['stream', 'true']]));
  assert.deepEqual(seen, [
    { type: 'transcript.text.delta', delta: 'Ask not' },
    { type: 'transcript.text.delta', delta: ' what & <why>.' },
    { type: 'transcript.text.done', text: 'Ask not what & <why>.', usage: { type: 'duration', seconds: 9 } },
    'DONE',
  ]);
  await until('the upload is gone', async () => (await readdir(directory)).length === 0);
});

test('events carry text alone: another format is refused before the first byte', async (t) => {
  const { transcribe } = await serve(t);
  const answer = await transcribe([
    ['stream', 'true'],
    ['response_format', 'srt'],
  ]);
  assert.equal(answer.status, 400);
  assert.equal(((await answer.json()) as { error: { param: string } }).error.param, 'stream');
});

test('an error before the first segment has its status, a later one is the last event', async (t) => {
  const { transcribe, runtime } = await serve(t);
  runtime.script.transcribeError = new VoxError('overloaded', 'busy', { retryAfter: 3 });
  const refused = await transcribe([['stream', 'true']]);
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '3']);
  delete runtime.script.transcribeError;
  const { transcribe: real } = runtime;
  runtime.transcribe = async (request) => ({
    ...(await real(request)),
    segments: (async function* () {
      yield SEGMENTS[0] as (typeof SEGMENTS)[number];
      throw new VoxError('runner_crashed', 'the process ended');
    })(),
  });
  const seen = await events(await transcribe([['stream', 'true']]));
  assert.equal(seen.length, 2);
  assert.deepEqual(seen[1], {
    error: { message: 'the process ended', type: 'server_error', param: null, code: 'runner_crashed' },
  });
});

test('speech comes as base64 that makes up the audio', async (t) => {
  const { speak } = await serve(t);
  const seen = (await events(
    await speak({ input: 'Hello.', stream_format: 'sse', response_format: 'pcm' }),
  )) as { type: string; audio?: string; usage?: { input_tokens: number } }[];
  const audio = Buffer.concat(seen.map((one) => Buffer.from(one.audio ?? '', 'base64')));
  assert.deepEqual([...audio], [1, 0, 2, 0, 3, 0, 4, 0, 5, 0]);
  assert.deepEqual(
    seen.map((one) => one.type ?? one),
    ['speech.audio.delta', 'speech.audio.delta', 'speech.audio.done', 'DONE'],
  );
  assert.equal(seen[2]?.usage?.input_tokens, 6);
});

test('what was not used is said in the last event and in the header', async (t) => {
  const { transcribe, runtime } = await serve(t);
  runtime.script.warnings = [{ type: 'unsupported', option: 'prompt', message: 'none taken' }];
  const answer = await transcribe([
    ['stream', 'true'],
    ['known_speaker_names[]', 'Ada'],
  ]);
  assert.match(answer.headers.get('x-vox-warning') ?? '', /^known_speaker_names: .*; prompt: none taken$/);
  const done = (await events(answer)).at(-2) as { warnings: { option: string }[] };
  assert.deepEqual(
    done.warnings.map(({ option }) => option),
    ['known_speaker_names', 'prompt'],
  );
});

test('a fault of ours keeps its words to itself', async (t) => {
  const { transcribe, runtime, directory } = await serve(t);
  const { transcribe: real } = runtime;
  runtime.transcribe = async (request) => ({
    ...(await real(request)),
    segments: (async function* () {
      yield SEGMENTS[0] as (typeof SEGMENTS)[number];
      throw new Error('/home/ada/secret');
    })(),
  });
  const answer = await transcribe([['stream', 'true']]);
  const id = answer.headers.get('x-request-id') ?? '';
  const last = (await events(answer)).at(-1) as { error: { message: string; code: string } };
  assert.equal(last.error.code, 'internal');
  assert.equal(last.error.message, `internal error; the server's log has it under request ${id}`);
  await until('the upload is gone', async () => (await readdir(directory)).length === 0);
});

test('a client that goes between two events stops the work, and its upload goes', async (t) => {
  const { transcribe, runtime, directory } = await serve(t);
  const { transcribe: real } = runtime;
  let stopped = false;
  runtime.transcribe = async (request) => ({
    ...(await real(request)),
    segments: (async function* () {
      yield SEGMENTS[0] as (typeof SEGMENTS)[number];
      await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
      stopped = true;
    })(),
  });
  const answer = await transcribe([['stream', 'true']]);
  const reader = answer.body?.getReader() ?? assert.fail();
  const first = await reader.read();
  assert.match(Buffer.from(first.value ?? []).toString(), /transcript\.text\.delta/);
  assert.equal((await readdir(directory)).length, 1);
  await reader.cancel();
  await until('the work has stopped', () => stopped);
  await until('the upload is gone', async () => (await readdir(directory)).length === 0);
});

test('probabilities and languages come with the events where they are asked for', async (t) => {
  const { transcribe, runtime } = await serve(t);
  const score = (text: string, logProbability: number, bytes?: number[]) => ({
    text,
    logProbability,
    ...(bytes === undefined ? {} : { bytes }),
  });
  runtime.script.segments = [
    {
      text: 'Hé',
      startMs: 0,
      endMs: 500,
      scores: [score('H', -0.5), score('\uFFFD', -1, [195]), score('\uFFFD', 0, [169])],
    },
    { text: 'you', startMs: 500, endMs: 900, scores: [score(' you', -0.25)] },
  ];
  const he = [
    { token: 'H', logprob: -0.5, bytes: [72] },
    { token: '\uFFFD', logprob: -1, bytes: [195] },
    { token: '\uFFFD', logprob: 0, bytes: [169] },
  ];
  const you = [{ token: ' you', logprob: -0.25, bytes: [32, 121, 111, 117] }];
  const usage = { type: 'duration', seconds: 9 };
  const asked: [string, string][] = [
    ['include[]', 'logprobs'],
    ['languages[]', 'de'],
    ['languages[]', 'English'],
  ];
  const whole = { text: 'Hé you', logprobs: [...he, ...you], languages: [{ code: 'en' }], usage };
  assert.deepEqual(await events(await transcribe([...asked, ['stream', 'true']])), [
    { type: 'transcript.text.delta', delta: 'Hé', logprobs: he },
    { type: 'transcript.text.delta', delta: ' you', logprobs: you },
    { type: 'transcript.text.done', ...whole },
    'DONE',
  ]);
  assert.deepEqual(await (await transcribe(asked)).json(), whole);
  const { scores, languages } = runtime.asked.transcribe.at(-1) ?? assert.fail();
  assert.deepEqual([scores, languages], [true, ['de', 'en']]);
  // Nobody asked: what the engine says all the same is not told.
  assert.deepEqual(await (await transcribe([])).json(), { text: 'Hé you', usage });
  runtime.script.language = undefined;
  const unsure = (await (await transcribe([['languages[]', 'de,en']])).json()) as { languages: unknown };
  assert.deepEqual(unsure.languages, []);
});
