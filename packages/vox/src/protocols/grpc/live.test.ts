import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { encodeWav } from '@vox-speech/audio';
import { VoxError } from '@vox-speech/contract';
import { final } from '../../runtime/fake-live.test.support.js';
import { until } from '../../transport/waiting.test.support.js';
import { everything, type Message, serveGrpc } from './serve.test.support.js';

const PATH = '/vox.StreamingService/StreamTranscribe';

async function open(t: Parameters<typeof serveGrpc>[0]) {
  const served = await serveGrpc(t);
  const call = served.client.duplex(PATH);
  const heard = everything(call);
  const live = async (index = 0) => {
    await until('a session', () => served.runtime.asked.listen.length > index);
    const found = served.runtime.asked.listen[index];
    assert.ok(found);
    return found;
  };
  return { ...served, call, heard, live };
}

describe('gRPC: live transcription', () => {
  it('says what is heard, and ends after the last final', async (t) => {
    const { call, heard, live } = await open(t);
    call.write({
      config: { model: 'whisper', partials: true, partial_stride_ms: 400, include_word_timestamps: true },
    });
    call.write({ audio: { pcm16: Buffer.alloc(640) } });
    call.write({ end_of_stream: {} });
    const session = await live();
    const { endpointing, ...options } = session.request.options;
    assert.deepEqual(options, {
      sampleRate: 16_000,
      task: 'transcribe',
      hotwords: [],
      language: 'en',
      words: true,
      partialMs: 400,
    });
    assert.equal(endpointing.silenceMs, 1000);
    await until('the end', () => session.log.includes('finish'));
    session.listener.onEvent({ type: 'speech-started', utterance: 0, atMs: 99.6 });
    const partial = { type: 'partial', utterance: 0, startMs: 100, endMs: 500 } as const;
    session.listener.onEvent({ ...partial, text: 'Ask not', stable: 4 });
    session.listener.onEvent({ ...partial, text: 'Ask now', stable: 4 });
    session.listener.onEvent({ ...partial, text: 'Ask not what', stable: 8 });
    session.listener.onEvent({ type: 'speech-stopped', utterance: 0, atMs: 1900, reason: 'end' });
    session.listener.onEvent(final(0, 'Ask not what', 100, 900));
    session.listener.onEvent(final(1, '', 1000, 1500));
    session.listener.onEnd({ audioMs: 2000, utterances: 2 });
    const { told, error } = await heard;
    assert.equal(error, undefined);
    const word = { word: 'Ask not what', start_ms: 100, end_ms: 900, confidence: 0.5 };
    const span = { start_ms: 100, model: 'whisper' };
    assert.deepEqual(told, [
      { ready: {} },
      { speech_started: { timestamp_ms: 100 } },
      {
        transcript: {
          text: 'Ask',
          is_partial: true,
          ...span,
          end_ms: 500,
          audio_duration_ms: 400,
          processing_duration_ms: 0,
        },
      },
      {
        transcript: {
          text: 'not',
          is_partial: true,
          ...span,
          end_ms: 500,
          audio_duration_ms: 400,
          processing_duration_ms: 0,
        },
      },
      { speech_stopped: { timestamp_ms: 1900 } },
      {
        transcript: {
          text: 'Ask not what',
          is_partial: false,
          ...span,
          end_ms: 900,
          audio_duration_ms: 800,
          processing_duration_ms: 30,
          words: [word],
          segments: [{ text: 'Ask not what', start_ms: 100, end_ms: 900, words: [word] }],
        },
      },
    ]);
    assert.deepEqual(session.log, ['audio 640', 'finish']);
    assert.equal(session.request.signal.aborted, true);
  });

  it('answers what comes out of order, and goes on', async (t) => {
    const { call, heard, live } = await open(t);
    call.write({ audio: { pcm16: Buffer.alloc(2) } });
    call.write({ config: { model: 'nope' } });
    call.write({ config: { model: 'piper:joe' } });
    call.write({ config: {} });
    call.write({ config: {} });
    call.write({});
    call.write({ audio: { pcm16: Buffer.alloc(2) } });
    call.write({ audio: { pcm16: Buffer.alloc(2), sample_rate: 8000 } });
    call.write({ opus_frame: { data: Buffer.alloc(2) } });
    call.end();
    const session = await live();
    await until('the end', () => session.log.includes('finish'));
    session.listener.onEnd({ audioMs: 0, utterances: 0 });
    const { told, error } = await heard;
    assert.equal(error, undefined);
    const patterns = [
      /^Configuration message required before audio: /,
      /'nope' not found/,
      /not a stt model/,
      /^$/,
      /configured/,
      /expected one of config/,
      /^sample_rate: this stream is at 16000 Hz, the frame says 8000/,
      /^opus_frame: this stream began with audio/,
    ];
    assert.equal(told.length, patterns.length, JSON.stringify(told));
    for (const [i, one] of told.entries()) assert.match(one.error?.message ?? '', patterns[i] as RegExp);
  });

  it('takes the rate that only the audio states', async (t) => {
    const { call, heard, live } = await open(t);
    call.write({ config: {} });
    call.write({ audio: { pcm16: Buffer.alloc(6), sample_rate: 48_000 } });
    call.end();
    const session = await live(1);
    assert.equal(session.request.options.sampleRate, 48_000);
    await until('the end', () => session.log.includes('finish'));
    assert.equal((await live(0)).request.signal.aborted, true);
    session.listener.onEnd({ audioMs: 0, utterances: 0 });
    assert.deepEqual((await heard).told, [{ ready: {} }]);
    assert.deepEqual(session.log, ['audio 6', 'finish']);
  });

  it('decodes Opus packets and files, however they are cut', async (t) => {
    const { client, runtime } = await open(t);
    const wav = encodeWav(new Float32Array(100), 16_000);
    const forms: [Message[], string, (heard: Buffer) => void][] = [
      [
        [
          { encoded_audio: { data: wav.subarray(0, 50) } },
          { encoded_audio: { data: wav.subarray(50), format: 'wav' } },
        ],
        'wav',
        (heard) => assert.deepEqual(heard, Buffer.from(wav)),
      ],
      [
        [
          { opus_frame: { data: Buffer.from([0x78, 1, 2]), channels: 2 } },
          { opus_frame: { data: Buffer.from([0x78, 3]) } },
        ],
        'ogg',
        (heard) => {
          assert.equal(heard.toString('latin1').match(/OggS/g)?.length, 4);
          assert.equal(heard[heard.indexOf('OpusHead') + 9], 2);
        },
      ],
    ];
    for (const [messages, format, check] of forms) {
      const call = client.duplex(PATH);
      const heard = everything(call);
      const before = runtime.asked.listen.length;
      for (const message of [{ config: {} }, ...messages]) call.write(message);
      call.end();
      await until('the end', () => runtime.asked.listen[before]?.log.includes('finish') === true);
      const session = runtime.asked.listen[before];
      session?.listener.onEnd({ audioMs: 0, utterances: 0 });
      assert.deepEqual(await heard, { told: [{ ready: {} }] });
      assert.equal(runtime.asked.decodeStream.at(-1), format);
      check(Buffer.concat(session?.audio ?? []));
    }
  });

  it('keeps the client waiting while there is no room', async (t) => {
    const { call, live } = await open(t);
    call.on('error', () => {});
    call.write({ config: {} });
    const session = await live();
    session.hasRoom = false;
    for (let i = 0; i < 100; i++) call.write({ audio: { pcm16: Buffer.alloc(160_000) } });
    await until('the first audio', () => session.log.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(session.log.length, 1);
    assert.ok(call.writableLength > 0, 'the client has room for all of it');
    session.hasRoom = true;
    session.listener.onDrain();
    await until('all of it', () => session.log.length === 100);
    call.cancel();
    await until('the session to be left', () => session.request.signal.aborted);
  });

  it('ends with an error and a status when the work fails, or there is no place', async (t) => {
    const { call, heard, live, client, runtime } = await open(t);
    call.write({ config: {} });
    const session = await live();
    session.listener.onError(new VoxError('runner_crashed', 'the process died'));
    const crashed = await heard;
    assert.deepEqual(crashed.told, [{ ready: {} }, { error: { message: 'the process died' } }]);
    assert.equal(crashed.error?.code, status.INTERNAL);
    runtime.script.listenError = new VoxError('overloaded', 'no room', { retryAfter: 5 });
    const other = client.duplex(PATH);
    const refused = everything(other);
    other.write({ config: {} });
    const { told, error } = await refused;
    assert.deepEqual(told, [{ error: { message: 'no room' } }]);
    assert.equal(error?.code, status.RESOURCE_EXHAUSTED);
    assert.equal(error?.metadata.get('grpc-retry-pushback-ms')[0], '5000');
  });

  it('lets a client go that does not read, and loses nothing that was said', async (t) => {
    const { client, runtime } = await serveGrpc(t);
    const call = client.duplex(PATH);
    call.on('error', () => {});
    call.write({ config: {} });
    await until('a session', () => runtime.asked.listen.length === 1);
    const session = runtime.asked.listen[0];
    assert.ok(session);
    const event = final(0, 'x'.repeat(1000), 0, 1);
    for (let i = 0; !session.request.signal.aborted; i++) {
      assert.ok(i < 200_000);
      session.listener.onEvent(event);
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const { told, error } = await everything(call);
    assert.deepEqual(told.at(-1), { error: { message: 'the client does not read' } });
    assert.equal(error?.code, status.DEADLINE_EXCEEDED);
  });
});
