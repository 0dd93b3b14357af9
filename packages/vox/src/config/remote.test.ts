import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { loadConfig } from './index.js';

const machine = { home: '/home/me', cwd: '/srv', cores: 4, terminal: false };
const serve = (env: Record<string, string>, flags = {}) =>
  loadConfig({ command: 'serve', env, flags, envFile: '', machine });
const remote = (env: Record<string, string>, flags = {}) => serve(env, flags).remote;

function refusal(env: Record<string, string>): VoxError {
  try {
    serve(env);
  } catch (error) {
    assert.ok(VoxError.is(error));
    return error;
  }
  return assert.fail(`${JSON.stringify(env)} was taken`);
}

test('nothing set: no upstream is named, and utterances are rolled after a minute', () => {
  assert.deepEqual(remote({}), {
    upstreams: [],
    stallMs: 30_000,
    rolling: { segmentMs: 60_000, overlapMs: 800, limitMs: 70_000 },
  });
});

test('upstreams: for all or for one model, by flag or variable, with keys', () => {
  const { upstreams, apiKey } = remote({
    VOX_UPSTREAMS:
      'http://a:8000/v1/, HTTPS://b , voxtral:realtime-4b=http://c:1, Qwen/Qwen3-ASR-1.7B=http://d',
    VOX_UPSTREAM_KEYS: 'k=1, https://b=own=2',
  });
  assert.equal(apiKey, 'k=1');
  assert.deepEqual(upstreams, [
    { url: 'http://a:8000', apiKey: 'k=1' },
    { url: 'https://b', apiKey: 'own=2' },
    { model: 'voxtral:realtime-4b', url: 'http://c:1', apiKey: 'k=1' },
    { model: 'Qwen/Qwen3-ASR-1.7B', url: 'http://d', apiKey: 'k=1' },
  ]);
  const flag = remote({ VOX_UPSTREAMS: 'http://a' }, { upstream: ['http://x', 'http://y'] });
  assert.deepEqual(
    flag.upstreams.map(({ url }) => url),
    ['http://x', 'http://y'],
  );
});

test('what is wrong is said, and never with a key', () => {
  assert.match(refusal({ VOX_UPSTREAMS: 'gpu:8000' }).message, /^VOX_UPSTREAMS=gpu:8000: expected a URL/);
  assert.match(refusal({ VOX_UPSTREAMS: '=http://a' }).message, /expected a URL/);
  assert.match(refusal({ VOX_UPSTREAM_STALL: '0' }).message, /not 0/);
  assert.match(
    refusal({ VOX_ROLL_SECONDS: '2', VOX_ROLL_OVERLAP: '2' }).message,
    /VOX_ROLL_OVERLAP=2: .*2 s/,
  );
  for (const keys of ['hunter2,hunter3', 'http://nowhere=hunter2', 'http://a=']) {
    const { message } = refusal({ VOX_UPSTREAMS: 'http://a', VOX_UPSTREAM_KEYS: keys });
    assert.match(message, /VOX_UPSTREAM_KEYS/);
    assert.doesNotMatch(message, /hunter/);
  }
  const { summary } = serve({ VOX_UPSTREAMS: 'http://a', VOX_UPSTREAM_KEY: 'hunter2' });
  assert.deepEqual(summary, ['VOX_UPSTREAMS=http://a', 'VOX_UPSTREAM_KEY=***']);
});

test('rolling: the context bounds a segment, and it can be off', () => {
  const rolling = (env: Record<string, string>) => remote(env).rolling;
  assert.deepEqual(rolling({ VOX_UPSTREAM_CONTEXT: '1024' }), {
    segmentMs: 60_000,
    overlapMs: 800,
    limitMs: 71_680,
  });
  assert.equal(rolling({ VOX_UPSTREAM_CONTEXT: '256' })?.segmentMs, 10_240);
  assert.equal(rolling({ VOX_ROLL_SECONDS: '0.1', VOX_ROLL_OVERLAP: '0' })?.segmentMs, 1_000);
  assert.equal(rolling({ VOX_ROLL: 'off' }), undefined);
});

test('the STT server: qwen3 is Qwen3-ASR on vLLM, by its own or another name; Vox’s variable stands above', () => {
  const model = (env: Record<string, string>) => serve({ VOX_COMPAT: 'stt-ws', ...env }).models.sttModel;
  assert.equal(model({}), undefined);
  assert.equal(model({ STT_BACKEND: 'qwen3' }), 'Qwen/Qwen3-ASR-1.7B');
  assert.equal(model({ STT_BACKEND: 'qwen3', STT_VLLM_MODEL: 'Qwen/Qwen3-ASR-0.6B' }), 'Qwen/Qwen3-ASR-0.6B');
  assert.equal(model({ STT_BACKEND: 'qwen3', VOX_STT_MODEL: 'whisper:base' }), 'whisper:base');
  assert.equal(model({ VOX_STT_MODEL: 'whisper:base' }), 'whisper:base');
  assert.equal(model({ STT_BACKEND: 'mock' }), undefined);
  const pace = serve({ VOX_COMPAT: 'stt-ws', STT_STREAMING_CHUNK_SIZE_SEC: '2.0' }).live.partialMs;
  assert.equal(pace, 2_000);
  const { engine } = serve({ VOX_COMPAT: 'stt-ws', STT_VLLM_MAX_INFERENCE_BATCH_SIZE: '32' });
  assert.equal(engine.maxSequences, 32);
});

test('Yap: its model, its name at the server, its context and its rolling', () => {
  const plain = serve({ VOX_COMPAT: 'yap' });
  assert.equal(plain.models.sttModel, 'mistralai/Voxtral-Mini-4B-Realtime-2602');
  assert.deepEqual(plain.remote, {
    upstreams: [],
    stallMs: 120_000,
    rolling: { segmentMs: 60_000, overlapMs: 800, limitMs: 71_680 },
  });
  const { models, remote: told } = serve({
    VOX_COMPAT: 'yap',
    VOXTRAL_MODEL_ID: 'me/voxtral',
    VOXTRAL_SERVED_MODEL_NAME: 'ears',
    VLLM_MAX_MODEL_LEN: '512',
    STT_SEGMENT_SECONDS: '2',
    STT_SEGMENT_OVERLAP_SECONDS: '0.4',
  });
  assert.deepEqual([models.sttModel, told.servedName], ['me/voxtral', 'ears']);
  assert.deepEqual(told.rolling, { segmentMs: 2_000, overlapMs: 400, limitMs: 30_720 });
  assert.equal(serve({ VOX_COMPAT: 'yap', STT_INTERNAL_ROLL: 'false' }).remote.rolling, undefined);
});
