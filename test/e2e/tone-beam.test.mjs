/** `decoder=greedy|beam` from the request to the model: whole recordings, sessions by id and the demo's WebSocket, on one server. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { encodeWav } from '../../packages/audio/dist/index.js';
import { NO_ONNX, SEARCH_WORDS, toneSpeech } from './tone-home.mjs';
import { startToneServer } from './tone-server.mjs';

const RATE = 8_000;
/** Samples of a frame, and a label's value, of the fixture; a little nearer to `л` (12) than to `м` (13). */
const FRAME = 240;
const BETWEEN = (12.4 * 100) / 32_768;

/** 0.6 s of silence, `мой до?`, 0.9 s of silence; as samples. */
function sound() {
  const said = toneSpeech('мой дол', RATE);
  const from = 3 * FRAME * 6;
  said.fill(BETWEEN, from, from + 2 * FRAME);
  const samples = new Float32Array(0.6 * RATE + said.length + 0.9 * RATE);
  samples.set(said, 0.6 * RATE);
  return samples;
}

describe('the decoder that is asked for', { skip: NO_ONNX }, () => {
  let server;
  before(async () => {
    server = await startToneServer(SEARCH_WORDS);
  });
  after(async () => {
    await server?.stop();
  });
  const post = async (path, samples) => {
    const form = new FormData();
    if (samples !== undefined) form.set('file', new File([encodeWav(samples, RATE)], 'a.wav'));
    const reply = await fetch(`${server.url}${path}`, { method: 'POST', ...(samples ? { body: form } : {}) });
    assert.equal(reply.status, 200, await reply.clone().text());
    assert.equal(reply.headers.get('x-vox-warning'), null);
    return reply.json();
  };
  /** Of a session that is sent in pieces of so many samples. */
  const session = async (query, size) => {
    const { state_id: id } = await post(`/transcribe/streaming${query}`);
    const samples = sound();
    for (let at = 0; at < samples.length; at += size)
      await post(`/transcribe/streaming/chunk?state_id=${id}`, samples.subarray(at, at + size));
    return (await post(`/transcribe/streaming/finalize?state_id=${id}`)).phrases;
  };

  it('decides in a whole recording and in a session, which tell the same times', async () => {
    for (const [query, text] of [
      ['?decoder=greedy', 'мой дол'],
      ['?decoder=beam', 'мой дом'],
      ['', 'мой дом'],
    ]) {
      const { phrases, warnings } = await post(`/transcribe${query}`, sound());
      assert.equal(warnings, undefined);
      assert.deepEqual(
        phrases.map((phrase) => phrase.text),
        [text],
        query,
      );
      assert.deepEqual([phrases[0].start_time, phrases[0].end_time], [0.6, 1.2]);
      assert.deepEqual(await session(query, 2_500), phrases, query);
    }
  });

  it('decides on the demo’s socket, which refuses another', async () => {
    const heard = (query) =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/ws${query}`);
        const told = [];
        socket.on('open', () => {
          socket.send(Buffer.from(Int16Array.from(sound(), (value) => Math.round(value * 32_768)).buffer));
          socket.send(Buffer.alloc(0));
        });
        socket.on('message', (data) => told.push(JSON.parse(String(data))));
        socket.on('close', () => resolve(told));
        socket.on('error', reject);
      });
    const texts = (told) =>
      told.filter(({ event }) => event === 'transcript').map(({ phrase }) => phrase.text);
    assert.deepEqual(texts(await heard('?decoder=greedy')), ['мой дол']);
    assert.deepEqual(texts(await heard('?decoder=beam')), ['мой дом']);
    const refused = (await heard('?decoder=magic')).find(({ event }) => event === 'error');
    assert.match(refused.detail, /decoder must be greedy or beam/);
  });
});
