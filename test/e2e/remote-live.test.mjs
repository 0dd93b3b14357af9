/**
 * Live speech on a model that runs elsewhere, through the stand-in for vLLM in its replay mode: it says the words of its
 * script as audio comes in, whatever that is. So this proves the way there and back, and not that anybody was heard, but
 * for the recogniser of this machine that takes over.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { wordErrors } from '../../tools/words.mjs';
import { startVllmStandIn } from '../stand-ins/vllm/index.mjs';
import { BYTES_PER_MS, RATE, sendInRealTime, spokenPcm } from './live-speech.mjs';
import { homeWith } from './remote-home.mjs';
import { NO_MODELS, startServer } from './server.mjs';
import { openStream } from './stream-client.mjs';
import { until } from './waiting.mjs';

const SERVED = 'mistralai/Voxtral-Mini-4B-Realtime-2602';
const SENTENCE = 'The quick brown fox jumps over the lazy dog near the garden wall.';
const PATH = `/v1/stt/ws?call_id=e2e&sample_rate=${RATE}&partial_ms=100`;

let pcm;

async function serve(t, switches, env = {}) {
  const vllm = await startVllmStandIn({ model: SERVED, text: SENTENCE, ...switches });
  const server = await startServer({
    home: homeWith('silero-vad:v5', 'whisper:tiny.en'),
    env: {
      VOX_STT_MODEL: SERVED,
      VOX_UPSTREAMS: vllm.url,
      VOX_UPSTREAM_STALL: '8s',
      // Nobody falls silent because the machine is busy, or a test waits for something: a commit ends what is said.
      VOX_LIVE_VAD_SILENCE_MS: '60000',
      ...env,
    },
  });
  t.after(async () => {
    await server.stop();
    await vllm.close();
  });
  const stream = await openStream(server.url, PATH);
  await stream.get('ready');
  return { vllm, server, stream };
}

/** Waits for the first words that will not change. */
const words = (stream) => until('words', () => stream.told.some(({ stable }) => stable > 0), 60_000);

describe('live speech on a model that runs elsewhere', { skip: NO_MODELS }, () => {
  before(async () => {
    const speaker = await startServer();
    pcm = await spokenPcm(speaker.url, [SENTENCE], 900).finally(() => speaker.stop());
  });

  it('comes back while it is said, and a client that leaves ends the work there', async (t) => {
    const { vllm, stream } = await serve(t, {});
    await sendInRealTime(stream.ws, pcm);
    await words(stream);
    stream.send({ type: 'commit' });
    const { text } = await stream.get('final');
    assert.equal(text.trim(), SENTENCE);
    const partials = stream.told.filter(({ type }) => type === 'partial');
    assert.ok(
      partials.every(({ text: shown, stable }) => SENTENCE.startsWith(shown) && stable === shown.length),
    );
    // Speaks until it is heard there, and leaves.
    let at = 0;
    const heardThere = async () => {
      await sendInRealTime(stream.ws, pcm.subarray(at, at + 200 * BYTES_PER_MS));
      at = (at + 200 * BYTES_PER_MS) % pcm.length;
      return vllm.stats().generationsAlive === 1;
    };
    await until('the next generation', heardThere, 60_000);
    stream.ws.terminate();
    await until('the generation ends', () => vllm.stats().generationsAlive === 0);
    assert.equal(vllm.stats().generations.at(-1).endedBy, 'closed');
  });

  it('ends with its words where the upstream dies in the middle and another model may take over', async (t) => {
    const env = { VOX_UPSTREAM_FALLBACK: 'whisper:tiny.en' };
    const { vllm, stream } = await serve(t, {}, env);
    const half = 1_000 * BYTES_PER_MS;
    await sendInRealTime(stream.ws, pcm.subarray(0, half));
    await words(stream);
    vllm.dropNow();
    await sendInRealTime(stream.ws, pcm.subarray(half));
    stream.send({ type: 'commit' });
    const { text } = await stream.get('final');
    assert.ok(wordErrors(SENTENCE, text).errors <= 1, text);
    const stable = stream.told
      .filter(({ type }) => type === 'partial')
      .map((one) => one.text.slice(0, one.stable));
    assert.ok(stable.some((shown) => shown.startsWith('The')));
    assert.ok(
      stable.every((shown) => text.startsWith(shown)),
      JSON.stringify([stable, text]),
    );
    assert.equal(vllm.stats().generationsTotal, 1);
  });

  it('is an error that names the upstream where none may', async (t) => {
    const { vllm, stream } = await serve(t, { dropAfterTokens: 4 });
    await sendInRealTime(stream.ws, pcm);
    await stream.closed;
    const { message } = stream.told.find(({ type }) => type === 'error');
    assert.ok(message.includes(`${vllm.url} broke off`), message);
  });
});
