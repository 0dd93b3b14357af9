/** A second Vox as the server behind the remote engine: a real OpenAI-compatible server, with real weights. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import engine from '../../engines/remote/dist/index.js';
import { WavDecoder } from '../../packages/audio/dist/index.js';
import { wordErrors } from '../../tools/words.mjs';
import { NO_MODELS, speak, startServer } from './server.mjs';
import { all } from './waiting.mjs';

const SENTENCE = 'The quick brown fox jumps over the lazy dog near the garden wall.';
const NEVER = new AbortController().signal;

describe('another Vox behind the remote engine', { skip: NO_MODELS }, () => {
  let server;
  let names;
  const load = (parameters) =>
    engine.load(
      { reference: 'test:model', family: 'test', directory: '', companions: {}, parameters },
      { threads: 1, device: 'auto', remote: { upstreams: [{ url: server.url }], stallMs: 60_000 } },
    );
  before(async () => {
    server = await startServer();
    const { data } = await (await fetch(`${server.url}/v1/models`)).json();
    names = data.map(({ id }) => id);
  });
  after(() => server?.stop());

  it('writes down what was spoken, with the times of its words, whole and streamed', async () => {
    const wav = new WavDecoder();
    const samples = wav.push(await speak(server.url, SENTENCE));
    const pcm = { samples, sampleRate: wav.header.format.sampleRate };
    const served = names.find((name) => name.startsWith('whisper'));
    for (const more of [{ words: true, segments: true }, { streaming: true }]) {
      const model = await load({ wire: 'openai-transcriptions', served, ...more });
      const options = { task: 'transcribe', words: true };
      const segments = await all(model.transcribe(pcm, options, NEVER));
      const text = segments.map((segment) => segment.text).join(' ');
      assert.ok(wordErrors(SENTENCE, text).errors <= 1, text);
      const words = segments.flatMap((segment) => segment.words ?? []);
      assert.equal(words.length > 0, more.words === true);
      const times = words.flatMap(({ startMs, endMs }) => [startMs, endMs]);
      const end = (samples.length / pcm.sampleRate) * 1000;
      assert.ok(times.every((time, at) => time >= 0 && time <= end && time >= (times[at - 2] ?? 0)));
      await model.close();
    }
  });

  it('speaks at the rate of the model', async () => {
    const served = names.find((name) => name.startsWith('piper'));
    for (const [sampleRate, streaming] of [
      [22_050, true],
      [24_000, false],
    ]) {
      const model = await load({ wire: 'openai-speech', served, sampleRate, streaming });
      assert.ok(Array.isArray(model.info.voices));
      const pieces = await all(model.synthesize(SENTENCE, { voice: 'default', speed: 1 }, NEVER));
      const seconds = pieces.reduce((sum, { samples }) => sum + samples.length, 0) / sampleRate;
      assert.ok(seconds > 2 && seconds < 8, `${seconds} s`);
      await model.close();
    }
  });
});
