/**
 * The real-time STT server's own backend, Qwen3-ASR on vLLM, by its own variables: `STT_BACKEND=qwen3`. The stand-in for vLLM
 * has our own Whisper behind it, so the words are real, and Whisper's: what Qwen3-ASR would hear is not proven here.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { wordErrors } from '../../tools/words.mjs';
import { startVllmStandIn } from '../stand-ins/vllm/index.mjs';
import { RATE, sendInRealTime } from './live-speech.mjs';
import { homeWith } from './remote-home.mjs';
import { NO_MODELS, NO_SHARED_AUDIO, SHARED_AUDIO, startServer } from './server.mjs';
import { openStream } from './stream-client.mjs';
import { until } from './waiting.mjs';

const SERVED = 'Qwen/Qwen3-ASR-1.7B';
const HEADER_BYTES = 44;

it('STT_BACKEND=qwen3: partials and finals over /v1/stt/ws', {
  skip: NO_MODELS || NO_SHARED_AUDIO,
}, async (t) => {
  const behind = await startServer();
  t.after(() => behind.stop());
  const vllm = await startVllmStandIn({
    model: SERVED,
    engine: 'vox',
    voxUrl: behind.url,
    voxModel: 'whisper:base',
  });
  t.after(() => vllm.close());
  const home = homeWith('silero-vad:v5');
  const server = await startServer({
    home,
    cwd: home,
    env: {
      VOX_COMPAT: 'stt-ws',
      VOX_BIND: '127.0.0.1',
      STT_BACKEND: 'qwen3',
      STT_VLLM_MODEL: SERVED,
      VOX_UPSTREAMS: vllm.url,
    },
  });
  t.after(() => server.stop());
  const stream = await openStream(server.url, `/v1/stt/ws?call_id=e2e&sample_rate=${RATE}`);
  await stream.get('ready');
  const pcm = readFileSync(join(SHARED_AUDIO, 'jfk.wav')).subarray(HEADER_BYTES);
  await sendInRealTime(stream.ws, pcm);
  const finals = () => stream.told.filter(({ type }) => type === 'final');
  const before = finals().length;
  stream.send({ type: 'commit' });
  await until(
    'the final of the commit',
    () => {
      assert.notEqual(stream.ws.readyState, stream.ws.CLOSED, JSON.stringify(stream.told.at(-1)));
      return finals().length > before && finals().at(-1).reason === 'commit';
    },
    60_000,
  );
  const text = finals()
    .map((final) => final.text)
    .join(' ');
  const reference = JSON.parse(readFileSync(join(SHARED_AUDIO, 'references.json'), 'utf8'))['jfk.wav'].text;
  const { errors, words } = wordErrors(reference, text);
  assert.ok(errors / words <= 0.1, `${errors} of ${words}: ${text}`);
  const partials = stream.told.filter(({ type }) => type === 'partial');
  assert.ok(partials.length >= 1, JSON.stringify(stream.told));
  assert.ok(vllm.stats().requestsTotal >= 3);
  stream.ws.close();
});
