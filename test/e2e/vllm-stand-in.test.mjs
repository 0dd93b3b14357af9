/**
 * The stand-in for vLLM has vLLM's realtime wire: each message, each oddity, each switch, as `test/stand-ins/vllm/README.md`
 * lists them. It proves nothing about vLLM itself.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { upload } from './server.mjs';
import { openStream } from './stream-client.mjs';
import {
  append,
  deltas,
  FINAL,
  MODEL,
  of,
  SECOND,
  START,
  STEP,
  say,
  session,
  TEXT,
  withStandIn,
} from './vllm-client.mjs';
import { until } from './waiting.mjs';

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
    'numbered tokens are found in the statistics, and a long flush does not outlive its client',
    withStandIn({ numbered: true }, async (vllm) => {
      const stream = await session(vllm);
      for (const generation of [1, 2]) {
        stream.told.length = 0;
        stream.send(START);
        say(stream, 8, FINAL);
        const { text } = await stream.get('transcription.done');
        assert.equal(text, Array.from({ length: 8 }, (_, n) => ` g${generation}t${n}`).join(''));
        const { id, tokens } = vllm.stats().generations[generation - 1];
        assert.equal(id, generation);
        assert.deepEqual(
          tokens.map((token) => token.text),
          deltas(stream),
        );
      }
      await vllm.set({ flushMs: 600_000 });
      stream.send(START);
      say(stream, 8, FINAL);
      await until('it flushes', () => vllm.stats().generations[2]?.finalAt > 0);
      stream.ws.close();
      await until('nothing is alive', () => vllm.stats().generationsAlive === 0);
      assert.equal(vllm.stats().generations[2].endedBy, 'closed');
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
