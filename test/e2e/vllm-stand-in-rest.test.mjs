/**
 * The stand-in for vLLM has vLLM's REST wire: each message, each oddity, each switch, as `test/stand-ins/vllm/README.md`
 * lists them. It proves nothing about vLLM itself.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { WavDecoder } from '../../packages/audio/dist/index.js';
import { ROOT } from '../../tools/files.mjs';
import { jsonBody, upload } from './server.mjs';
import { openStream } from './stream-client.mjs';
import { MODEL, SECOND, TEXT, withStandIn } from './vllm-client.mjs';
import { until } from './waiting.mjs';
import { pcmAsWav } from './wav.mjs';

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
