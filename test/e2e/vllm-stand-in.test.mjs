/**
 * The stand-in for vLLM has vLLM's wire: each message, each oddity, each switch, as `test/stand-ins/vllm/README.md` lists
 * them; and with our own Whisper behind it, real words. It proves nothing about vLLM itself.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { WavDecoder } from '../../packages/audio/dist/index.js';
import { ROOT } from '../../tools/files.mjs';
import { wordErrors } from '../../tools/words.mjs';
import { startVllmStandIn } from '../stand-ins/vllm/index.mjs';
import { toldOf } from '../stand-ins/vllm/vox.mjs';
import { jsonBody, NO_MODELS, NO_SHARED_AUDIO, SHARED_AUDIO, startServer, upload } from './server.mjs';
import { openStream } from './stream-client.mjs';
import { pcmAsWav } from './wav.mjs';

const MODEL = 'mistralai/Voxtral-Mini-4B-Realtime-2602';
/** 80 ms at 16 kHz: one token. */
const STEP = Buffer.alloc(2_560).toString('base64');
const SECOND = pcmAsWav(Buffer.alloc(32_000), 16_000);
const TEXT = 'one two three four five six seven eight';

const append = (audio) => ({ type: 'input_audio_buffer.append', audio });
const START = { type: 'input_audio_buffer.commit' };
const FINAL = { type: 'input_audio_buffer.commit', final: true };
const of = (stream, type) => stream.told.filter((message) => message.type === type);
const deltas = (stream) => of(stream, 'transcription.delta').map(({ delta }) => delta);

async function until(what, test) {
  for (let waited = 0; !test(); waited += 5) {
    assert.ok(waited < 5_000, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A connection that may start: its session is there and its model is named. */
async function session(vllm) {
  const stream = await openStream(vllm.url, '/v1/realtime');
  await stream.get('session.created');
  stream.send({ type: 'session.update', model: MODEL });
  return stream;
}

function say(stream, steps, ...then) {
  for (let step = 0; step < steps; step++) stream.send(append(STEP));
  for (const message of then) stream.send(message);
}

/** Runs with a stand-in of its own. */
const withStandIn = (options, body) => async () => {
  const vllm = await startVllmStandIn(options);
  try {
    await body(vllm);
  } finally {
    await vllm.close();
  }
};

describe('the stand-in for vLLM: /v1/realtime', () => {
  it(
    'one delta for each 80 ms after the delay, the rest at the final commit, then done',
    withStandIn({ text: TEXT }, async (vllm) => {
      const stream = await openStream(vllm.url, '/v1/realtime');
      const created = await stream.get('session.created');
      assert.deepEqual(Object.keys(created), ['type', 'id', 'created']);
      assert.match(created.id, /^sess-[0-9a-f]{32}$/);
      assert.ok(Number.isInteger(created.created));
      stream.send({ type: 'session.update', model: MODEL });
      stream.send(START);
      say(stream, 10);
      await until('four of ten steps', () => deltas(stream).length >= 4);
      assert.deepEqual(deltas(stream), [' one', ' two', ' three', ' four']);
      stream.send(FINAL);
      const done = await stream.get('transcription.done');
      assert.deepEqual(done, {
        type: 'transcription.done',
        text: ` ${TEXT}`,
        usage: { prompt_tokens: 39, total_tokens: 47, completion_tokens: 8, prompt_tokens_details: null },
      });
      assert.equal(deltas(stream).join(''), done.text);
      assert.equal(stream.told.length, 1 + 8 + 1, 'nothing acknowledges session.update or a commit');
      const [generation] = vllm.stats().generations;
      assert.equal(generation.endedBy, 'done');
      assert.equal(generation.audioSeconds, 0.8);
      const times = [generation.startedAt, ...generation.tokens.map(({ at }) => at), generation.endedAt];
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );

      // Silence behind the text is told too, and the connection takes another utterance.
      stream.told.length = 0;
      stream.send(START);
      say(stream, 20, FINAL);
      assert.equal((await stream.get('transcription.done')).text, ` ${TEXT}`);
      assert.deepEqual(deltas(stream).slice(8), ['', '', '', '', '', '']);
      assert.equal(vllm.stats().generationsTotal, 2);
      stream.ws.close();
    }),
  );

  it(
    'errors are strings with a code, and none ends the connection',
    withStandIn({}, async (vllm) => {
      const stream = await openStream(vllm.url, '/v1/realtime');
      await stream.get('session.created');
      const told = async (message, code) => {
        stream.told.length = 0;
        stream.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
        await until(code, () => stream.told.length > 0);
        const [error] = stream.told;
        assert.deepEqual(Object.keys(error), ['type', 'error', 'code']);
        assert.equal(typeof error.error, 'string');
        assert.deepEqual([error.type, error.code], ['error', code]);
        return error.error;
      };
      await told('{', 'invalid_json');
      await told('[]', 'invalid_event');
      await told({ type: 'session.update' }, 'invalid_event');
      await told({ type: 'input_audio_buffer.append' }, 'invalid_event');
      assert.equal(
        await told({ type: 'response.create' }, 'unknown_event'),
        'Unknown event type: response.create',
      );
      assert.match(await told(START, 'model_not_validated'), /^Model not validated\./);
      await told(FINAL, 'model_not_validated');
      assert.equal(
        await told({ type: 'session.update', model: 'gpt-5' }, 'model_not_found'),
        'The model `gpt-5` does not exist.',
      );
      await told(START, 'model_not_validated');
      stream.send({ type: 'session.update', model: MODEL });
      stream.send(START);
      for (const audio of ['', '=', 'A', 'AA==', 'AAAAAA', STEP.slice(1)])
        assert.equal(await told(append(audio), 'invalid_audio'), 'Invalid audio data');
      // As Python reads it: what is no base64 is skipped.
      stream.told.length = 0;
      stream.send(append(` ${STEP.slice(0, 100)}\n${STEP.slice(100)}`));
      stream.send(FINAL);
      await stream.get('transcription.done');
      assert.equal(vllm.stats().generations[0].audioSeconds, 0.08);
      stream.ws.send(Buffer.alloc(2));
      assert.equal((await stream.closed).code, 1000);
      const large = await session(vllm);
      large.send(append('A'.repeat(16 * 1024 * 1024)));
      assert.equal((await large.closed).code, 1009);
    }),
  );

  it(
    'a second start is ignored, and done throws away what was appended behind the final commit',
    withStandIn({ text: TEXT, flushMs: 100 }, async (vllm) => {
      const stream = await session(vllm);
      // Before the start: heard all the same.
      say(stream, 2, START, START);
      say(stream, 8, START, FINAL);
      say(stream, 50, FINAL, START);
      await stream.get('transcription.done');
      assert.equal(vllm.stats().generationsTotal, 1);
      assert.equal(vllm.stats().generations[0].audioSeconds, 0.8);
      const { finalAt, endedAt, tokens } = vllm.stats().generations[0];
      assert.ok(endedAt - finalAt >= 99, 'the flush takes its time');
      assert.deepEqual(
        tokens.map(({ at }) => at - finalAt >= 99),
        [false, false, false, false, true, true, true, true],
        'the rest comes at its end',
      );
      stream.told.length = 0;
      stream.send(START);
      say(stream, 1, FINAL);
      await stream.get('transcription.done');
      assert.equal(vllm.stats().generations[1].audioSeconds, 0.08);
      // A final commit that nothing was started for ends the next utterance before it begins.
      stream.told.length = 0;
      stream.send(FINAL);
      stream.send(START);
      await stream.get('transcription.done');
      assert.equal(vllm.stats().generations[2].audioSeconds, 0);
      stream.ws.close();
    }),
  );

  it(
    'switches: context, stall, failure, dropped connections; a generation dies with its socket',
    withStandIn({ contextSeconds: 1 }, async (vllm) => {
      const stream = await session(vllm);
      stream.send(START);
      say(stream, 13);
      await until('the context is full', () => of(stream, 'error').length === 1);
      assert.equal(of(stream, 'error')[0].code, 'processing_error');
      assert.equal(vllm.stats().generations[0].endedBy, 'error');

      await vllm.set({ contextSeconds: 0, stall: true });
      const before = stream.told.length;
      say(stream, 0, START);
      say(stream, 10, FINAL, { type: 'nonsense' });
      await until('it hears', () => vllm.stats().generations[1]?.audioSeconds === 0.8);
      assert.equal(stream.told.length, before, 'not a word while it is stalled');
      assert.equal(vllm.stats().generationsAlive, 1);
      const [health, models] = await Promise.all(
        ['/health', '/v1/models'].map((path) => fetch(vllm.url + path)),
      );
      assert.deepEqual([health.status, models.status], [200, 200]);
      await vllm.set({ stall: false });
      await until('what it owed', () => of(stream, 'transcription.done').length === 1);
      assert.equal(of(stream, 'error').at(-1).code, 'unknown_event');
      assert.equal(vllm.stats().generationsAlive, 0);

      await vllm.set({ failWith: 'CUDA out of memory' });
      stream.told.length = 0;
      stream.send(START);
      await until('the failure', () => of(stream, 'error').length === 1);
      assert.equal(of(stream, 'error')[0].error, 'CUDA out of memory');
      const refused = await upload(vllm.url, SECOND, { model: MODEL });
      assert.equal(refused.status, 500);
      assert.deepEqual(await refused.json(), {
        error: { message: 'CUDA out of memory', type: 'InternalServerError', param: null, code: 500 },
      });
      await vllm.set({ failWith: null, dropAfterTokens: 3 });
      stream.send(START);
      say(stream, 20);
      assert.equal((await stream.closed).code, 1006);
      assert.deepEqual(
        vllm
          .stats()
          .generations.map(({ endedBy, tokens }) => [endedBy, tokens.length])
          .at(-1),
        ['dropped', 3],
      );

      await vllm.set({ dropAfterTokens: 0 });
      const [left, cut] = [await session(vllm), await session(vllm)];
      for (const one of [left, cut]) say(one, 1, START);
      await until('two alive', () => vllm.stats().generationsAlive === 2);
      left.ws.terminate();
      await until('one alive', () => vllm.stats().generationsAlive === 1);
      assert.equal(vllm.stats().connections, 1);
      vllm.dropNow();
      assert.equal((await cut.closed).code, 1006);
      await until('none is left', () => vllm.stats().connections === 0);
      const ends = vllm.stats().generations.slice(-2);
      assert.deepEqual(ends.map(({ endedBy }) => endedBy).sort(), ['closed', 'dropped']);
      await assert.rejects(vllm.set({ stal: true }), /no switch `stal`/);
    }),
  );

  it(
    'switches: the port is closed, and opens late',
    withStandIn({ slowStartMs: 1_000, apiKey: 'sesame' }, async (vllm) => {
      await assert.rejects(fetch(`${vllm.url}/health`));
      await vllm.ready;
      assert.equal((await fetch(`${vllm.url}/health`)).status, 200);
      const locked = await fetch(`${vllm.url}/v1/models`);
      assert.deepEqual([locked.status, await locked.json()], [401, { error: 'Unauthorized' }]);
      for (const [path, status] of Object.entries({ '/v1/realtime': 401, '/realtime': 403 })) {
        const ws = new WebSocket(vllm.url.replace(/^http/, 'ws') + path);
        const [error] = await once(ws, 'error');
        assert.match(error.message, new RegExp(`${status}`));
      }
      const ws = new WebSocket(`${vllm.url.replace(/^http/, 'ws')}/v1/realtime`, {
        headers: { authorization: 'Bearer sesame' },
      });
      await once(ws, 'open');
      await vllm.set({ refuse: true });
      await assert.rejects(fetch(`${vllm.url}/health`));
      assert.equal(ws.readyState, WebSocket.OPEN);
      await vllm.set({ refuse: false, unhealthy: true });
      assert.equal((await fetch(`${vllm.url}/health`)).status, 503);
      ws.close();
    }),
  );
});

describe('the stand-in for vLLM: REST', () => {
  const events = async (response) => {
    assert.match(response.headers.get('content-type'), /^text\/event-stream/);
    return (await response.text())
      .trim()
      .split('\n\n')
      .map((block) => block.replace(/^data: /, ''));
  };

  it(
    'transcriptions: usage in seconds, a chat-shaped stream with a finish for each 30 s, vLLM-shaped refusals',
    withStandIn({ model: 'openai/whisper-large-v3', text: TEXT }, async (vllm) => {
      const model = 'openai/whisper-large-v3';
      const send = (fields, bytes = SECOND) => upload(vllm.url, bytes, { model, ...fields });
      const plain = { text: ` ${TEXT}`, usage: { type: 'duration', seconds: 1 } };
      for (const fields of [{}, { response_format: 'text' }, { model: [] }])
        assert.deepEqual(await (await send(fields)).json(), plain);
      const verbose = await (await send({ response_format: 'verbose_json', language: 'de' })).json();
      assert.deepEqual([verbose.duration, verbose.language, verbose.words], ['1', 'de', null]);
      assert.equal(verbose.segments[0].no_speech_prob, null);
      const translated = await upload(vllm.url, SECOND, { model }, { path: '/v1/audio/translations' });
      assert.deepEqual(await translated.json(), { text: ` ${TEXT}` });

      const long = pcmAsWav(Buffer.alloc(40 * 32_000), 16_000);
      const told = await events(await send({ stream: 'true', stream_include_usage: 'true' }, long));
      assert.equal(told.pop(), '[DONE]');
      const chunks = told.map((one) => JSON.parse(one));
      const last = chunks.pop();
      assert.deepEqual(last.choices, []);
      assert.deepEqual(Object.keys(last.usage), ['prompt_tokens', 'total_tokens', 'completion_tokens']);
      assert.match(chunks[0].id, /^trsc-/);
      assert.equal(chunks[0].object, 'transcription.chunk');
      assert.deepEqual(chunks[0].choices, [{ delta: { content: ' one' } }]);
      assert.equal(chunks.map(({ choices }) => choices[0].delta.content).join(''), ` ${TEXT}`);
      const finished = chunks.flatMap(({ choices }, at) => (choices[0].finish_reason === 'stop' ? [at] : []));
      assert.deepEqual(finished, [4, 9]);

      const refusals = [
        [{ model: 'gpt-5' }, 404, 'NotFoundError'],
        [{ response_format: 'srt' }, 400, 'BadRequestError'],
        [{ response_format: 'verbose_json', stream: 'true' }, 400, 'BadRequestError'],
        [{ stream_include_usage: 'true' }, 400, 'BadRequestError'],
        [{ vllm_xargs: '{' }, 400, 'BadRequestError'],
      ];
      for (const [fields, status, type] of refusals) {
        const response = await send(fields);
        const { error } = await response.json();
        assert.deepEqual([response.status, error.type, error.code], [status, type, status]);
        assert.deepEqual(Object.keys(error), ['message', 'type', 'param', 'code']);
      }
      assert.equal((await send({}, Buffer.from('no audio'))).status, 400);
      assert.equal((await upload(vllm.url, undefined, { model })).status, 400);
      assert.equal((await fetch(`${vllm.url}/v1/nothing`)).status, 404);
      assert.equal(vllm.stats().requests.at(-1).fields.model, model);
    }),
  );

  it(
    'Qwen3-ASR streams its language first, fails in the middle, and a client that leaves is seen',
    withStandIn({ model: 'Qwen/Qwen3-ASR-1.7B', text: TEXT, tokenMs: 20 }, async (vllm) => {
      const model = 'Qwen/Qwen3-ASR-1.7B';
      const streaming = () => upload(vllm.url, SECOND, { model, stream: 'true' });
      assert.equal((await upload(vllm.url, SECOND, { model, response_format: 'verbose_json' })).status, 400);
      const content = (await events(await streaming()))
        .slice(0, -1)
        .map((one) => JSON.parse(one).choices[0].delta.content);
      assert.equal(content.join(''), `language English<asr_text> ${TEXT}`);

      const failing = await streaming();
      await vllm.set({ failWith: 503 });
      const told = await events(failing);
      assert.equal(told.at(-1), '[DONE]');
      assert.equal(JSON.parse(told.at(-2)).error.code, 503);

      await vllm.set({ failWith: null, stall: true });
      const leave = new AbortController();
      const waiting = upload(vllm.url, SECOND, { model }, { signal: leave.signal });
      await until('it is there', () => vllm.stats().requestsAlive === 1);
      leave.abort();
      await assert.rejects(waiting);
      await until('it is gone', () => vllm.stats().requestsAborted === 1);
      assert.equal(vllm.stats().requests.at(-1).aborted, true);
    }),
  );

  it(
    'models, metrics, and speech: a WAV, raw samples, named events',
    withStandIn({ model: ['fishaudio/s2-pro', 'fish'] }, async (vllm) => {
      const { data } = await (await fetch(`${vllm.url}/v1/models`)).json();
      assert.deepEqual(
        data.map(({ id, object, owned_by: owner }) => [id, object, owner]),
        [
          ['fishaudio/s2-pro', 'model', 'vllm'],
          ['fish', 'model', 'vllm'],
        ],
      );
      const stream = await openStream(vllm.url, '/v1/realtime');
      await stream.get('session.created');
      const metrics = await (await fetch(`${vllm.url}/metrics`)).text();
      assert.match(metrics, /^vllm:websocket_connections_active 1\.0$/m);
      stream.ws.close();

      const speak = (fields) =>
        fetch(`${vllm.url}/v1/audio/speech`, jsonBody({ model: 'fish', input: 'Hello there.', ...fields }));
      const whole = await speak({});
      assert.equal(whole.headers.get('content-type'), 'audio/wav');
      assert.equal(whole.headers.get('x-vllm-omni-input-tokens'), '2');
      const wav = new WavDecoder();
      const samples = wav.push(new Uint8Array(await whole.arrayBuffer()));
      assert.deepEqual([wav.header.format.sampleRate, samples.length], [24_000, 17_280]);
      const raw = await speak({ response_format: 'pcm', stream_format: 'audio' });
      const pcm = Buffer.from(await raw.arrayBuffer());
      assert.equal(pcm.length, 2 * 17_280);
      const blocks = (await (await speak({ response_format: 'pcm', stream: true })).text())
        .trim()
        .split('\n\n');
      const told = blocks.map((block) => {
        const [event, line] = block.split('\n');
        const message = JSON.parse(line.slice('data: '.length));
        assert.equal(event, `event: ${message.type}`);
        return message;
      });
      const done = told.pop();
      assert.equal(done.type, 'speech.audio.done');
      assert.ok(done.usage.input_token_details);
      assert.ok(told.every((one) => one.type === 'speech.audio.delta' && one.response_format === 'pcm'));
      assert.deepEqual(Buffer.concat(told.map(({ audio }) => Buffer.from(audio, 'base64'))), pcm);
      for (const fields of [{ input: ' ' }, { response_format: 'mp3' }, { model: 'gpt-5' }])
        assert.ok((await speak(fields)).status >= 400);
    }),
  );

  it("as a program it takes vllm's flags, says what it is, and is asked by HTTP", async () => {
    const program = join(ROOT, 'test/stand-ins/vllm/main.mjs');
    const flags = ['--tokenizer-mode', 'mistral', '--max-model-len=4096', '--enforce-eager', '--port', '0'];
    const child = spawn(process.execPath, [program, 'serve', MODEL, ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      assert.match((await lines.next()).value, /stand-in for vLLM/);
      const { url } = JSON.parse((await lines.next()).value);
      const { data } = await (await fetch(`${url}/v1/models`)).json();
      assert.equal(data[0].id, MODEL);
      const stream = await openStream(url, '/v1/realtime');
      await stream.get('session.created');
      assert.equal((await (await fetch(`${url}/stand-in/stats`)).json()).connections, 1);
      assert.equal((await fetch(`${url}/stand-in/set`, jsonBody({ unhealthy: true }))).status, 200);
      assert.equal((await fetch(`${url}/health`)).status, 503);
      await fetch(`${url}/stand-in/drop`, jsonBody({}));
      assert.equal((await stream.closed).code, 1006);
    } finally {
      child.kill('SIGTERM');
    }
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });
});

it('words that a final corrected are not told twice', () => {
  const final = 'And so, my fellow Americans: ask not'.split(' ');
  for (const [told, count] of [
    ['', 0],
    ['And so my', 3],
    ['And so my fellow American', 5],
    ['And my fellow', 4],
    ['and so my fellow Americans ask not', 7],
  ])
    assert.equal(toldOf(told.split(' ').filter(Boolean), final), count, told);
});

describe('the stand-in for vLLM with our own Whisper behind it', {
  skip: NO_MODELS || NO_SHARED_AUDIO,
}, () => {
  let vox;
  let vllm;
  before(async () => {
    vox = await startServer();
    const voice = 'piper:en-us-joe-medium';
    vllm = await startVllmStandIn({
      engine: 'vox',
      voxUrl: vox.url,
      voxModel: 'whisper:tiny.en',
      voxVoice: voice,
    });
  });
  after(async () => {
    await vllm?.close();
    await vox?.stop();
  });
  const reference = () =>
    JSON.parse(readFileSync(join(SHARED_AUDIO, 'references.json'), 'utf8'))['jfk.wav'].text;
  const jfk = () => readFileSync(join(SHARED_AUDIO, 'jfk.wav'));
  const check = (text) => {
    const { errors, words } = wordErrors(reference(), text);
    assert.ok(errors / words <= 0.1, `${errors} of ${words}: ${text}`);
  };

  it('realtime: deltas only grow, and are the text of done', async () => {
    const samples = new WavDecoder();
    samples.push(jfk());
    const pcm = jfk().subarray(-2 * samples.samples);
    const stream = await session(vllm);
    stream.send(START);
    for (let at = 0; at < pcm.length; at += 2_560) {
      stream.send(append(pcm.subarray(at, at + 2_560).toString('base64')));
      // Four times as fast as it was spoken.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    stream.send(FINAL);
    const { text, usage } = await stream.get('transcription.done');
    check(text);
    assert.equal(deltas(stream).join(''), text);
    assert.equal(usage.completion_tokens, deltas(stream).length);
    stream.ws.close();
  });

  it('files and speech', async () => {
    const answer = await (await upload(vllm.url, jfk(), { model: MODEL })).json();
    check(answer.text);
    assert.deepEqual(answer.usage, { type: 'duration', seconds: 11 });
    const spoken = await fetch(`${vllm.url}/v1/audio/speech`, jsonBody({ input: 'Ask what you can do.' }));
    const heard = await (
      await upload(vllm.url, Buffer.from(await spoken.arrayBuffer()), { model: MODEL })
    ).json();
    assert.equal(wordErrors('Ask what you can do.', heard.text).errors, 0, heard.text);
  });
});
