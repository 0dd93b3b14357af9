/** Real weights: speech of a text that is still being written, over the WebSocket. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { wordErrors } from '../../tools/words.mjs';
import { NO_MODELS, startServer, upload } from './server.mjs';
import { openStream } from './stream-client.mjs';
import { leases, until } from './waiting.mjs';
import { pcmAsWav } from './wav.mjs';

const PATH = '/v1/audio/speech/stream';
const MODEL = 'piper:en-us-joe-medium';
const TEXT =
  'The quick brown fox jumps over the lazy dog near the garden wall. Please remember to water the plants before you leave the house this evening.';

describe('speech/stream', { skip: NO_MODELS }, () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  const configured = async (config = {}) => {
    const stream = await openStream(server.url, PATH);
    stream.send({ type: 'config', model: MODEL, ...config });
    await stream.get('ready');
    return stream;
  };

  it('speaks the first sentence while the second is being written, and says every word', async () => {
    const stream = await configured();
    const words = TEXT.split(/(?<= )/);
    const half = words.findIndex((word) => word.startsWith('remember'));
    for (const word of words.slice(0, half + 1)) stream.send({ type: 'text', text: word });
    await stream.get('progress');
    assert.ok(stream.audio.length > 0, 'audio before the end of the text');
    for (const word of words.slice(half + 1)) stream.send({ type: 'text', text: word });
    stream.send({ type: 'end' });
    const done = await stream.get('done');
    const start = await stream.get('audio_start');
    assert.equal(start.sample_rate, 22_050);
    const pcm = Buffer.concat(stream.audio);
    assert.ok(Math.abs(pcm.length / 2 / 22.05 - done.audio_duration_ms) < 5);
    assert.equal(done.text_length, TEXT.length);
    const last = stream.told.findLast(({ type }) => type === 'progress');
    assert.deepEqual(last, {
      type: 'progress',
      completed_chars: TEXT.length,
      total_chars: TEXT.length,
      chunks_completed: 2,
      chunks_total: 2,
    });
    assert.equal((await stream.closed).code, 1000);
    const { text } = await (await upload(server.url, pcmAsWav(pcm, 22_050))).json();
    const { errors, words: count } = wordErrors(TEXT, text);
    assert.ok(errors / count <= 0.1, `${errors} of ${count}: ${text}`);
  });

  it('sends Opus as packets of 20 ms, and MP3 as one stream', async (t) => {
    const stream = await configured({ response_format: 'opus' }).catch((error) => error);
    if (stream instanceof Error) {
      assert.match(stream.message, /ffmpeg/);
      return t.skip('no ffmpeg here');
    }
    stream.send({ type: 'text', text: TEXT });
    stream.send({ type: 'end' });
    const done = await stream.get('done');
    assert.equal((await stream.get('audio_start')).sample_rate, 48_000);
    assert.ok(
      Math.abs(stream.audio.length * 20 - done.audio_duration_ms) <= 60,
      `${stream.audio.length} packets`,
    );
    const mp3 = await configured({ response_format: 'mp3' });
    mp3.send({ type: 'text', text: TEXT });
    mp3.send({ type: 'end' });
    await mp3.get('done');
    const file = Buffer.concat(mp3.audio);
    const { text } = await (await upload(server.url, file, {}, { name: 'speech.mp3' })).json();
    const { errors, words } = wordErrors(TEXT, text);
    assert.ok(errors / words <= 0.1, `${errors} of ${words}: ${text}`);
  });

  it('lets the model go at once when the client leaves or cancels in the middle', async () => {
    for (const leave of ['drop', 'cancel']) {
      const stream = await configured();
      stream.send({ type: 'text', text: `${TEXT} `.repeat(100) });
      await stream.get('progress');
      assert.ok((await leases(server.url)) > 0);
      const left = performance.now();
      if (leave === 'drop') stream.ws.terminate();
      else stream.send({ type: 'cancel' });
      await until('no lease is left', async () => (await leases(server.url)) === 0);
      console.log(`${leave}: no lease after ${Math.round(performance.now() - left)} ms`);
      const { code } = await stream.closed;
      assert.equal(code, leave === 'drop' ? 1006 : 1000);
      assert.equal(
        stream.told.some(({ type }) => type === 'done'),
        false,
      );
    }
  });
});
