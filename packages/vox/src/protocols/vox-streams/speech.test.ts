import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { until } from '../../transport/waiting.test.support.js';
import { serveStreams } from './streams.test.support.js';

const PATH = '/v1/audio/speech/stream';

describe('speech/stream', () => {
  it('speaks before the end: audio_start once, audio, progress, done, close', async (t) => {
    const { runtime, connect } = await serveStreams(t);
    const client = await connect(PATH);
    client.send({ type: 'config', model: 'piper:joe', chunk_chars: 5000 });
    assert.deepEqual(await client.next(), {
      type: 'ready',
      model: 'piper:joe',
      voice: null,
      response_format: 'pcm16',
      chunk_chars: 400,
    });
    const speech = runtime.asked.speakStream[0];
    assert.ok(speech);
    const { signal, ...request } = speech.request;
    assert.deepEqual(request, { model: 'piper:joe', voice: '', speed: 1, format: 'pcm', maxSentence: 400 });
    client.send({ type: 'text', text: 'One. Two.' });
    await until('what was asked for', () => speech.log.length === 1);
    await speech.listener.audio(Buffer.from([1, 2]));
    await speech.listener.audio(Buffer.from([3, 4]));
    speech.listener.progress({
      completedCharacters: 4,
      totalCharacters: 9,
      completedSentences: 1,
      totalSentences: 1,
    });
    assert.deepEqual(await client.next(), {
      type: 'audio_start',
      sample_rate: 22_050,
      response_format: 'pcm16',
    });
    assert.deepEqual([...(await client.bytes()), ...(await client.bytes())], [1, 2, 3, 4]);
    assert.deepEqual(await client.next(), {
      type: 'progress',
      completed_chars: 4,
      total_chars: 9,
      chunks_completed: 1,
      chunks_total: 1,
    });
    client.send({ type: 'end' });
    await until('what was asked for', () => speech.log.includes('finish'));
    speech.end({ durationMs: 1500, processingMs: 20, warnings: [] });
    assert.deepEqual(await client.next(), {
      type: 'done',
      response_format: 'pcm16',
      audio_duration_ms: 1500,
      processing_ms: 20,
      text_length: 9,
    });
    assert.equal((await client.closed)[0], 1000);
    assert.equal(signal.aborted, true);
  });

  it('gives Opus as raw packets', async (t) => {
    const { runtime, connect } = await serveStreams(t);
    const client = await connect(PATH);
    client.send({ type: 'config', response_format: 'opus' });
    await client.next();
    const speech = runtime.asked.speakStream[0];
    assert.ok(speech);
    const ogg = (...packets: string[]): Buffer =>
      Buffer.concat([
        Buffer.from('OggS'),
        Buffer.alloc(22),
        Buffer.from([packets.length, ...packets.map(({ length }) => length)]),
        Buffer.from(packets.join('')),
      ]);
    const stream = Buffer.concat([ogg('OpusHead'), ogg('OpusTags'), ogg('abc'), ogg('de')]);
    await speech.listener.audio(stream.subarray(0, 70));
    await speech.listener.audio(stream.subarray(70));
    assert.equal((await client.next()).sample_rate, 48_000);
    assert.equal(String(await client.bytes()), 'abc');
    assert.equal(String(await client.bytes()), 'de');
  });

  it('answers what it does not understand, and stays open', async (t) => {
    const { connect } = await serveStreams(t);
    const client = await connect(PATH);
    const cases: [string | Buffer, RegExp][] = [
      ['{"type":"text","text":"a"}', /^Configuration message required before text: /],
      ['{"type":"config","response_format":"wav"}', /^response_format: .*pcm16/],
      ['{"type":"config","params":{"a":1}}', /^params: .*no parameters/],
      ['{"type":"config","chunk_chars":1.5}', /^chunk_chars: expected int/],
      ['{"type":"config","voice":7}', /^voice: expected string/],
      ['{"type":"config","model":"whisper:base"}', /not a tts model/],
      ['{"type":"config","params":{}}', /^$/],
      [Buffer.alloc(3), /^Binary messages are not taken here/],
      ['{"type":"text"}', /^text: expected string/],
      [JSON.stringify({ type: 'text', text: 'a'.repeat(1001) }), /^text: too much waits/],
      ['{"type":"dance"}', /^Unknown message type: dance$/],
    ];
    for (const [message, expected] of cases) {
      client.ws.send(message);
      const { type, message: text } = await client.next();
      assert.equal(type, expected.source === '^$' ? 'ready' : 'error', String(message).slice(0, 80));
      assert.match(String(text ?? ''), expected);
    }
  });

  it('stops at once when the client cancels, is gone, or the voice fails', async (t) => {
    const { runtime, connect } = await serveStreams(t);
    for (const how of ['cancel', 'drop', 'fail']) {
      const client = await connect(PATH);
      client.send({ type: 'config' });
      await client.next();
      const speech = runtime.asked.speakStream.at(-1);
      assert.ok(speech);
      if (how === 'cancel') client.send({ type: 'cancel' });
      else if (how === 'drop') client.ws.terminate();
      else speech.fail(new VoxError('runner_crashed', 'the process died'));
      await until('what was asked for', () => speech.log.includes('cancelled'));
      if (how === 'drop') continue;
      assert.equal((await client.closed)[0], how === 'cancel' ? 1000 : 1011);
      assert.equal(client.told.length, how === 'cancel' ? 1 : 2);
    }
  });
});
