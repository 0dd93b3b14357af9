import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeWav } from '@vox-speech/audio';
import { VoxError } from '@vox-speech/contract';
import { final } from '../../runtime/fake-live.test.support.js';
import { until } from '../../transport/waiting.test.support.js';
import { listening, serveStreams } from './streams.test.support.js';

const PATH = '/v1/audio/transcriptions/stream';

describe('transcriptions/stream', () => {
  it('says ready, progress, done, and closes', async (t) => {
    const { client, ready, live } = await listening(t, PATH, {
      model: 'whisper',
      language: 'en',
      word_timestamps: true,
    });
    assert.deepEqual(ready, {
      type: 'ready',
      model: 'whisper',
      sample_rate: 16_000,
      input_format: 'pcm16',
      chunk_ms: 30_000,
      overlap_ms: 1000,
    });
    assert.deepEqual(live.request.options, {
      sampleRate: 16_000,
      task: 'transcribe',
      hotwords: [],
      language: 'en',
      words: true,
      endpointing: {
        detector: 'silero',
        minSpeechMs: 250,
        preRollMs: 500,
        silenceMs: 1500,
        maxUtteranceMs: 30_000,
      },
    });
    client.ws.send(Buffer.alloc(64_000));
    await until('what was asked for', () => live.log.length === 1);
    live.listener.onEvent({ type: 'speech-started', utterance: 0, atMs: 100 });
    live.listener.onEvent(final(0, 'Ask not', 100, 900));
    assert.deepEqual(await client.next(), {
      type: 'progress',
      uploaded_ms: 2000,
      processed_ms: 900,
      chunks_completed: 1,
    });
    live.listener.onEvent(final(1, '', 1000, 1500));
    assert.equal((await client.next()).chunks_completed, 2);
    client.send({ type: 'end' });
    client.send({ type: 'end' });
    client.ws.send(Buffer.alloc(10));
    await until('what was asked for', () => live.log.includes('finish'));
    live.listener.onEvent(final(2, 'what.', 1600, 1900));
    live.listener.onEnd({ audioMs: 2000, utterances: 3 });
    assert.equal((await client.next()).type, 'progress');
    const word = (text: string, start_ms: number, end_ms: number) => ({
      text,
      start_ms,
      end_ms,
      words: [{ word: text, start_ms, end_ms, confidence: 0.5 }],
    });
    assert.deepEqual(await client.next(), {
      type: 'done',
      model: 'whisper',
      text: 'Ask not what.',
      language: 'en',
      duration_ms: 2000,
      processing_ms: 90,
      segments: [word('Ask not', 100, 900), word('what.', 1600, 1900)],
    });
    assert.equal((await client.closed)[0], 1000);
    assert.deepEqual(live.log, ['audio 64000', 'finish']);
    assert.equal(live.request.signal.aborted, true);
  });

  it('answers what it does not understand, and stays open', async (t) => {
    const { connect } = await serveStreams(t);
    const client = await connect(PATH);
    const cases: [string | Buffer, RegExp][] = [
      [Buffer.alloc(4), /^Configuration message required before audio: /],
      ['{"type":"end"}', /^Configuration message required before audio: /],
      ['{"type":', /^Invalid JSON/],
      ['[1]', /^Invalid JSON/],
      ['{}', /^type/],
      ['{"type":"config","chunk_ms":1000,"overlap_ms":1000}', /^overlap_ms: must be less than chunk_ms/],
      ['{"type":"config","input_format":"aiff"}', /^input_format: .*pcm16/],
      ['{"type":"config","sample_rate":"16000"}', /^sample_rate: expected/],
      ['{"type":"config","model":"nope"}', /'nope' not found in catalog/],
      ['{"type":"config","model":"whisper:large"}', /vox pull whisper:large/],
      ['{"type":"config","model":"piper:joe"}', /not a stt model/],
      ['{"type":"config"}', /^$/],
      ['{"type":"dance"}', /^Unknown message type: dance$/],
      ['{"type":"text","text":"a"}', /^Unknown message type: text$/],
      ['{"type":"config"}', /configured/],
    ];
    for (const [message, expected] of cases) {
      client.ws.send(message);
      const { type, message: text } = await client.next();
      assert.equal(type, expected.source === '^$' ? 'ready' : 'error', String(message));
      assert.match(String(text ?? ''), expected);
    }
  });

  it('clamps chunk and overlap', async (t) => {
    const { runtime, connect } = await serveStreams(t);
    const client = await connect(PATH);
    client.send({ type: 'config', chunk_ms: 1, overlap_ms: -5, sample_rate: 8000, language: null });
    const { chunk_ms, overlap_ms } = await client.next();
    assert.deepEqual([chunk_ms, overlap_ms], [1000, 0]);
    assert.equal(runtime.asked.listen[0]?.request.options.sampleRate, 8000);
    const other = await connect(PATH);
    other.send({ type: 'config', chunk_ms: 1e9, overlap_ms: 1e9, temperature: 0.5 });
    const ready = await other.next();
    assert.deepEqual([ready.chunk_ms, ready.overlap_ms], [120_000, 10_000]);
    assert.match(String(ready.warnings), /temperature/);
  });

  it('keeps the client waiting while there is no room', async (t) => {
    const { client, live } = await listening(t, PATH);
    live.hasRoom = false;
    for (let i = 0; i < 100; i++) client.ws.send(Buffer.alloc(160_000));
    await until('what was asked for', () => live.log.length === 1);
    // Sixteen megabytes don't fit into what waits here and in the system's buffers.
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(live.log.length, 1);
    assert.ok(client.ws.bufferedAmount > 0);
    live.hasRoom = true;
    live.listener.onDrain();
    await until('what was asked for', () => live.log.length === 100);
  });

  it('takes ten thousand frames at once, and no message of 16 MiB', async (t) => {
    const { runtime, connect } = await serveStreams(t);
    const client = await connect(PATH);
    client.send({ type: 'config' });
    for (let i = 0; i < 10_000; i++) client.ws.send(Buffer.alloc(640, i % 256));
    client.send({ type: 'end' });
    await until('what was asked for', () => runtime.asked.listen[0]?.log.includes('finish') === true);
    const bytes = Buffer.concat(runtime.asked.listen[0]?.audio ?? []);
    assert.equal(bytes.length, 6_400_000);
    assert.ok(bytes.every((byte, at) => byte === Math.floor(at / 640) % 256));
    for (const large of [Buffer.alloc(16 * 2 ** 20), `{"type":"config","model":"${'a'.repeat(1e7)}"}`]) {
      const other = await connect(PATH);
      other.ws.send(large);
      assert.equal((await other.closed)[0], 1009);
    }
  });

  it('refuses when there is no place, with a hint, and says why it fails', async (t) => {
    const { runtime, connect } = await serveStreams(t);
    runtime.script.listenError = new VoxError('overloaded', 'no room', { retryAfter: 5 });
    const client = await connect(PATH);
    client.send({ type: 'config' });
    assert.deepEqual(await client.next(), {
      type: 'error',
      message: 'no room',
      code: 'overloaded',
      retry_after: 5,
    });
    assert.deepEqual(await client.closed, [1013, 'no room']);
    delete runtime.script.listenError;
    const other = await connect(PATH);
    other.send({ type: 'config' });
    await other.next();
    runtime.asked.listen[0]?.listener.onError(new VoxError('runner_crashed', 'the process died'));
    assert.equal((await other.next()).message, 'the process died');
    assert.equal((await other.closed)[0], 1011);
  });

  it('closes with an error when the client does not read, and loses nothing that was said', async (t) => {
    const { client, live } = await listening(t, PATH);
    client.ws.pause();
    // More than the buffers of system and library hold, and then more messages than may wait.
    const event = final(0, 'x', 0, 1);
    for (let i = 0; !live.request.signal.aborted; i++) {
      assert.ok(i < 200_000);
      live.listener.onEvent(event);
      if (i % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    client.ws.resume();
    assert.deepEqual(await client.closed, [1011, 'the client does not read']);
    const { code, message } = client.told.at(-1) as { code: string; message: string };
    assert.deepEqual([code, message], ['timeout', 'the client does not read']);
    const chunks = client.told.flatMap((told) => ('chunks_completed' in told ? [told.chunks_completed] : []));
    assert.deepEqual(
      chunks,
      chunks.map((_, i) => i + 1),
    );
  });

  it('lets go at once when the client is gone, or cancels', async (t) => {
    const { runtime, connect } = await serveStreams(t);
    for (const leave of ['drop', 'cancel']) {
      const client = await connect(PATH);
      client.send({ type: 'config' });
      await client.next();
      const live = runtime.asked.listen.at(-1);
      assert.ok(live);
      if (leave === 'drop') client.ws.terminate();
      else client.send({ type: 'cancel' });
      await until('what was asked for', () => live.request.signal.aborted);
      if (leave === 'cancel') assert.equal((await client.closed)[0], 1000);
    }
  });

  it('decodes one stream, however it is cut; a message that begins a file goes on', async (t) => {
    const { client, ready, live, runtime } = await listening(t, PATH, {
      input_format: 'wav',
      sample_rate: 8000,
    });
    assert.equal(ready.input_format, 'wav');
    assert.equal(live.request.options.sampleRate, 16_000);
    const wav = encodeWav(new Float32Array(100), 8000);
    client.ws.send(wav.subarray(0, 50));
    client.ws.send(wav.subarray(50));
    client.ws.send(wav);
    client.send({ type: 'end' });
    await until('what was asked for', () => live.log.includes('finish'));
    assert.deepEqual(runtime.asked.decodeStream, ['wav', 'wav']);
    assert.equal(Buffer.concat(live.audio).length, 2 * wav.length);
  });
});
