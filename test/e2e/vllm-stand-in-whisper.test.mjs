/** The stand-in for vLLM with our own Whisper and Piper behind it: real words over vLLM's wire. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { WavDecoder } from '../../packages/audio/dist/index.js';
import { wordErrors } from '../../tools/words.mjs';
import { startVllmStandIn } from '../stand-ins/vllm/index.mjs';
import { toldOf } from '../stand-ins/vllm/vox.mjs';
import { jsonBody, NO_MODELS, NO_SHARED_AUDIO, SHARED_AUDIO, startServer, upload } from './server.mjs';
import { append, deltas, FINAL, MODEL, START, session } from './vllm-client.mjs';

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
  const check = (text, share) => {
    const { errors, words } = wordErrors(reference(), text);
    assert.ok(errors / words <= share, `${errors} of ${words}: ${text}`);
  };

  it('realtime: deltas only grow, and are the text of done', async () => {
    const samples = new WavDecoder();
    samples.push(jfk());
    const pcm = jfk().subarray(-2 * samples.samples);
    const stream = await session(vllm);
    stream.send(START);
    for (let at = 0; at < pcm.length; at += 2_560) {
      stream.send(append(pcm.subarray(at, at + 2_560).toString('base64')));
      // Eight times as fast as it was spoken.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    stream.send(FINAL);
    const { text, usage } = await stream.get('transcription.done');
    // Between its pauses the speech is stretches of 1 to 5 s, and tiny.en hears "am I" for "my" and "watch" for "what" there on some processors.
    check(text, 0.2);
    assert.equal(deltas(stream).join(''), text);
    assert.equal(usage.completion_tokens, deltas(stream).length);
    stream.ws.close();
  });

  it('files and speech', async () => {
    const answer = await (await upload(vllm.url, jfk(), { model: MODEL })).json();
    check(answer.text, 0.1);
    assert.deepEqual(answer.usage, { type: 'duration', seconds: 11 });
    const spoken = await fetch(`${vllm.url}/v1/audio/speech`, jsonBody({ input: 'Ask what you can do.' }));
    const heard = await (
      await upload(vllm.url, Buffer.from(await spoken.arrayBuffer()), { model: MODEL })
    ).json();
    assert.equal(wordErrors('Ask what you can do.', heard.text).errors, 0, heard.text);
  });
});
