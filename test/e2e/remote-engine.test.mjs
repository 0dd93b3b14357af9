/**
 * The remote engine against the stand-in for vLLM (test/stand-ins/vllm), which has vLLM's oddities: what it says is not
 * looked at here, only that every wire is spoken, and that what goes wrong there is told here, or made good elsewhere.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import engine from '../../engines/remote/dist/index.js';
import { startVllmStandIn } from '../stand-ins/vllm/index.mjs';
import { TEXT } from './vllm-client.mjs';
import { all, until } from './waiting.mjs';

const SECOND = { samples: new Float32Array(16_000).fill(0.1), sampleRate: 16_000 };
const PLAIN = { task: 'transcribe', words: false };
const NEVER = new AbortController().signal;
const QWEN = 'Qwen/Qwen3-ASR-1.7B';
const WHISPER = 'openai/whisper-large-v3';
const VOXTRAL = 'mistralai/Voxtral-Mini-4B-Realtime-2602';
const TTS = 'Qwen/Qwen3-TTS-12Hz-0.6B-CustomVoice';
const REST = 'openai-transcriptions';

async function standIns(t, ...options) {
  const started = await Promise.all(options.map((one) => startVllmStandIn({ text: TEXT, ...one })));
  t.after(() => Promise.all(started.map((one) => one.close())));
  return started;
}

async function load(t, vllms, parameters, { stallMs = 5_000, apiKey } = {}) {
  const upstreams = vllms.map(({ url }) => ({ url, ...(apiKey ? { apiKey } : {}) }));
  const model = await engine.load(
    { reference: 'test:model', family: 'test', directory: '', companions: {}, parameters },
    { threads: 1, device: 'auto', remote: { upstreams, stallMs } },
  );
  t.after(() => model.close());
  return model;
}

const hear = async (model, signal = NEVER, options = PLAIN) =>
  (await all(model.transcribe(SECOND, options, signal))).map(({ text }) => text).join(' ');

describe('the remote engine and the stand-in for vLLM', () => {
  it('Qwen3-ASR, whole and streamed, with a key: the text is without what the model says of it', async (t) => {
    const [vllm] = await standIns(t, { model: QWEN, apiKey: 'secret' });
    for (const streaming of [false, true]) {
      const model = await load(t, [vllm], { wire: REST, served: QWEN, streaming }, { apiKey: 'secret' });
      const [segment] = await all(model.transcribe(SECOND, PLAIN, NEVER));
      assert.equal(segment.text, TEXT);
      assert.deepEqual([segment.startMs, segment.endMs], [0, 1_000]);
      assert.equal(segment.language, streaming ? 'en' : undefined);
    }
    const wrong = await load(t, [vllm], { wire: REST, served: QWEN }, { apiKey: 'wrong-secret' });
    await assert.rejects(hear(wrong), ({ code, message }) => {
      assert.equal(code, 'upstream_unavailable');
      return !message.includes('wrong-secret');
    });
  });

  it('Whisper: segments with their times, and translations', async (t) => {
    const [vllm] = await standIns(t, { model: WHISPER });
    const parameters = { wire: REST, served: WHISPER, segments: true, streaming: true, translate: true };
    const model = await load(t, [vllm], parameters);
    assert.equal(await hear(model, NEVER, { ...PLAIN, language: 'de' }), TEXT);
    assert.equal(await hear(model, NEVER, { ...PLAIN, task: 'translate' }), TEXT);
    const [heard, translated] = vllm.stats().requests.filter(({ path }) => path.includes('/audio/'));
    assert.deepEqual([heard.fields.response_format, heard.fields.language], ['verbose_json', 'de']);
    assert.equal(translated.path, '/v1/audio/translations');
  });

  it('Voxtral Realtime: a file over the realtime wire', async (t) => {
    const [vllm] = await standIns(t, { model: VOXTRAL });
    const model = await load(t, [vllm], { wire: 'vllm-realtime', served: VOXTRAL });
    assert.equal(await hear(model), TEXT);
    assert.equal(vllm.stats().generationsAlive, 0);
  });

  it('a voice: as it is made, and left when its listener leaves', async (t) => {
    const [vllm] = await standIns(t, { model: TTS });
    const parameters = { wire: 'openai-speech', served: TTS, voices: 'vivian,ryan', streaming: true };
    const model = await load(t, [vllm], parameters);
    const whole = await all(model.synthesize('Hello, you there.', { voice: 'default', speed: 2 }, NEVER));
    await vllm.set({ tokenMs: 20 });
    const made = await all(model.synthesize('Hello, you there.', { voice: 'ryan', speed: 1 }, NEVER));
    const length = (pieces) => pieces.reduce((sum, { samples }) => sum + samples.length, 0);
    assert.equal(length(made), length(whole));
    assert.ok(made.length > 1 && length(made) > 0);
    assert.deepEqual(
      vllm.stats().requests.flatMap(({ fields }) => fields.voice ?? []),
      ['vivian', 'ryan'],
    );
    for await (const _ of model.synthesize('Hello. '.repeat(50), { voice: 'default', speed: 1 }, NEVER))
      break;
    await until('the upstream has noticed', () => vllm.stats().requestsAlive === 0);
    assert.equal(vllm.stats().requestsAborted, 1);
  });

  it('cancelling ends what the upstream does, on every wire', async (t) => {
    for (const [wire, served, busyWith] of [
      [REST, QWEN, { stall: true }],
      ['vllm-realtime', VOXTRAL, { flushMs: 60_000 }],
    ]) {
      const [vllm] = await standIns(t, { model: served });
      const model = await load(t, [vllm], { wire, served, streaming: true });
      await vllm.set(busyWith);
      const abort = new AbortController();
      const heard = assert.rejects(hear(model, abort.signal), { code: 'cancelled' });
      const busy = () => vllm.stats().generationsAlive + vllm.stats().requestsAlive;
      await until('the upstream works', () => busy() > 0);
      abort.abort();
      await heard;
      await until('nothing is done for nobody', () => busy() === 0);
    }
  });

  it('one that stalls, fails or is killed is passed over, and work is shared between the others', async (t) => {
    const vllms = await standIns(t, { model: QWEN }, { model: QWEN }, { model: QWEN });
    const model = await load(t, vllms, { wire: REST, served: QWEN, streaming: true }, { stallMs: 300 });
    await vllms[0].set({ stall: true });
    await vllms[1].set({ failWith: 500 });
    for (let i = 0; i < 4; i++) assert.equal(await hear(model), TEXT);
    await vllms[2].set({ refuse: true });
    vllms[2].dropNow();
    await assert.rejects(hear(model), { code: /^upstream_/ });
    await vllms[0].set({ stall: false });
    await vllms[1].set({ failWith: undefined });
    // The breaker keeps them for a second or two.
    for (let heard = ''; heard !== TEXT; ) heard = await hear(model).catch(() => '');
  });

  it('one that dies in the midst of its answer is told of, and not asked twice', async (t) => {
    const vllms = await standIns(t, { model: QWEN, tokenMs: 30 }, { model: QWEN, tokenMs: 30 });
    const model = await load(t, vllms, { wire: REST, served: QWEN, streaming: true });
    const heard = assert.rejects(hear(model), {
      code: 'upstream_failed',
      message: /broke the connection off/,
    });
    const working = () => vllms.find((one) => one.stats().requestsAlive > 0);
    await until('one works', () => working() !== undefined);
    const one = working();
    // Three tokens of prefix, and some words.
    await new Promise((resolve) => setTimeout(resolve, 200));
    one.dropNow();
    await heard;
    const asked = vllms
      .flatMap((each) => each.stats().requests)
      .filter(({ path }) => path.includes('/audio/'));
    assert.equal(asked.length, 1);
  });
});
