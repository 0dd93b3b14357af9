import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { type ServiceError, status } from '@grpc/grpc-js';
import { VoxError } from '@vox-speech/contract';
import { until } from '../../transport/waiting.test.support.js';
import { everything, serveGrpc } from './serve.test.support.js';

const TRANSCRIBE = '/vox.TranscriptionService/Transcribe';
const SYNTHESIZE = '/vox.SynthesisService/Synthesize';
const WAV = Buffer.from('RIFF....WAVE and so on');

const ends = (code: number, details: RegExp) => (error: ServiceError) => {
  assert.equal(error.code, code, error.details);
  assert.match(error.details, details);
  return true;
};

describe('gRPC: a recording to text', () => {
  it('hands on what was asked for, and says what was heard', async (t) => {
    const { client, runtime, folder } = await serveGrpc(t);
    const { message, headers } = await client.unary(TRANSCRIBE, {
      audio: WAV,
      model: 'whisper:base',
      language: 'en-US',
      word_timestamps: true,
      temperature: 0.2,
      response_format: 'srt',
      format_hint: 'wav',
    });
    const [asked] = runtime.asked.transcribe;
    assert.ok(asked);
    const { model, language, words, temperature, task, bytes, raw } = asked;
    assert.deepEqual(
      { model, language, words, temperature, task, bytes, raw },
      {
        model: 'whisper:base',
        language: 'en',
        words: true,
        temperature: 0.2,
        task: 'transcribe',
        bytes: WAV.length,
        raw: undefined,
      },
    );
    assert.match(headers['x-vox-warning'], /^response_format: 'srt' is not made here/);
    assert.deepEqual(await readdir(folder), []);
    const { segments, ...whole } = message;
    assert.deepEqual(whole, {
      model: 'whisper:base',
      text: 'Ask not what & <why>.',
      language: 'en',
      duration_ms: 8470,
      processing_ms: 123,
    });
    assert.equal(segments.length, 2);
    const [first, second] = segments[0].words;
    assert.ok(Math.abs(first.confidence - 0.9) < 1e-6);
    assert.deepEqual(second, { word: ' not', start_ms: 700, end_ms: 1480 });
  });

  it('takes raw samples by their hint, and defaults for what is left out', async (t) => {
    const { client, runtime } = await serveGrpc(t);
    const { headers } = await client.unary(TRANSCRIBE, { audio: WAV, format_hint: 'PCM16' });
    const [asked] = runtime.asked.transcribe;
    assert.deepEqual(asked?.raw, { encoding: 'pcm16', sampleRate: 16_000, channels: 1 });
    assert.deepEqual([asked?.model, asked?.words], ['', false]);
    assert.ok(asked !== undefined && !('language' in asked) && !('temperature' in asked));
    assert.equal(headers['x-vox-warning'], undefined);
  });

  it('refuses what it can not do, and leaves nothing behind', async (t) => {
    const { client, runtime, folder } = await serveGrpc(t);
    const cases: [object, number, RegExp][] = [
      [{}, status.INVALID_ARGUMENT, /audio is empty/],
      [{ audio: Buffer.alloc(1001) }, status.RESOURCE_EXHAUSTED, /larger than 1000 bytes/],
      [{ audio: Buffer.alloc(65 * 2 ** 20) }, status.RESOURCE_EXHAUSTED, /67108864/],
      [{ audio: WAV, temperature: 1.5 }, status.INVALID_ARGUMENT, /temperature.*1\.5/],
      [{ audio: WAV, model: 'nope' }, status.NOT_FOUND, /'nope' not found/],
      [{ audio: WAV, model: 'piper:joe' }, status.INVALID_ARGUMENT, /not a stt model/],
    ];
    for (const [message, code, details] of cases)
      await assert.rejects(client.unary(TRANSCRIBE, message), ends(code, details));
    runtime.script.transcribeError = new VoxError('overloaded', 'half a \ud800 character', { retryAfter: 2 });
    await assert.rejects(client.unary(TRANSCRIBE, { audio: WAV }), (error: ServiceError) => {
      assert.equal(error.metadata.get('grpc-retry-pushback-ms')[0], '2000');
      return ends(status.RESOURCE_EXHAUSTED, /half a . character/)(error);
    });
    runtime.script.transcribeError = new Error('/home/me/secret') as VoxError;
    await assert.rejects(
      client.unary(TRANSCRIBE, { audio: WAV }),
      ends(status.INTERNAL, /^internal error; the server's log has it/),
    );
    await assert.rejects(
      client.unary('/vox.TranscriptionService/Annotate', { text: 'Paris' }),
      ends(status.UNIMPLEMENTED, /Annotate/),
    );
    assert.deepEqual(await readdir(folder), []);
  });

  it('stops at a deadline', async (t) => {
    const { client, runtime, folder } = await serveGrpc(t);
    let signal: AbortSignal | undefined;
    runtime.script.work = async (request) => {
      signal = request.signal;
      await new Promise(() => {});
    };
    const call = client.unary(TRANSCRIBE, { audio: WAV }, { deadline: Date.now() + 300 });
    await assert.rejects(call, ends(status.DEADLINE_EXCEEDED, /./));
    await until('the work to be stopped', () => signal?.aborted === true);
    for (let left = ['x']; left.length > 0; ) left = await readdir(folder);
  });
});

describe('gRPC: text to speech', () => {
  it('sends floats as they are made, and says when that was all', async (t) => {
    const { client, runtime } = await serveGrpc(t);
    // Torn in the middle of a sample.
    runtime.script.audio = async function* () {
      yield Buffer.from([0x00, 0x80, 0xff]);
      yield Buffer.from([0x7f, 0x00]);
      yield Buffer.from([0x40]);
    };
    const { told } = await everything(
      client.stream(SYNTHESIZE, { model: 'piper:joe', input: 'Hi', speed: 1.2, language: 'en' }),
    );
    const { text, voice, speed, format, language } = runtime.asked.speak[0] ?? {};
    assert.deepEqual(
      { text, voice, speed, format, language },
      { text: 'Hi', voice: '', speed: 1.2, format: 'pcm', language: 'en' },
    );
    assert.deepEqual(told.at(-1), { sample_rate: 22_050, is_final: true });
    assert.ok(told.every(({ sample_rate }) => sample_rate === 22_050));
    const audio = Buffer.concat(told.flatMap((one) => (one.audio === undefined ? [] : [one.audio])));
    const floats = [0, 4, 8].map((at) => audio.readFloatLE(at));
    assert.deepEqual(floats, [-1, 32_767 / 32_768, 0.5]);
    assert.equal(audio.length, 12);
    await everything(client.stream(SYNTHESIZE, { input: 'Hi', voice: 'default' }));
    assert.equal(runtime.asked.speak[1]?.speed, 1);
  });

  it('fails with a status, before the first sound or in the middle', async (t) => {
    const { client, runtime } = await serveGrpc(t);
    const wrong = await everything(client.stream(SYNTHESIZE, { input: 'Hi', model: 'whisper:base' }));
    assert.deepEqual([wrong.told.length, wrong.error?.code], [0, status.INVALID_ARGUMENT]);
    runtime.script.audio = async function* () {
      yield Buffer.alloc(4);
      throw new VoxError('runner_crashed', 'the process died');
    };
    const cut = await everything(client.stream(SYNTHESIZE, { input: 'Hi' }));
    assert.equal(cut.told.length, 1);
    assert.deepEqual([cut.error?.code, cut.error?.details], [status.INTERNAL, 'the process died']);
    assert.equal(cut.error?.metadata.get('x-vox-code')[0], 'runner_crashed');
  });

  it('makes no more than a slow client takes, and stops when it leaves', async (t) => {
    const { client, runtime } = await serveGrpc(t);
    let made = 0;
    let left = false;
    runtime.script.audio = async function* () {
      try {
        for (; made < 1000; made++) {
          yield Buffer.alloc(64 * 1024);
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        left = true;
      }
    };
    const call = client.stream(SYNTHESIZE, { input: 'Hi' });
    call.on('error', () => {});
    // One that never begins to read is buffered without end by the library on its own side.
    call.once('data', () => call.pause());
    await until('some audio', () => made > 3);
    for (let before = -1; before !== made; ) {
      before = made;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(made < 200, `${made} of 1000 chunks were made for nobody`);
    call.cancel();
    await until('the work to be stopped', () => left);
    assert.equal(runtime.asked.speak[0]?.signal.aborted, true);
  });
});

describe('gRPC: voices', () => {
  it('lists them with their model', async (t) => {
    const { client } = await serveGrpc(t);
    const ask = async (model: string) =>
      (await client.unary('/vox.SynthesisService/ListVoices', { model })).message.voices[0];
    const joe = {
      id: 'default',
      name: 'Joe',
      language: 'en-us',
      gender: 'male',
      is_cloned: false,
      model: 'piper:joe',
    };
    assert.deepEqual(await ask('piper:joe'), joe);
    assert.deepEqual(await ask(''), joe);
  });

  it('makes and removes some', async (t) => {
    const { client, runtime, folder } = await serveGrpc(t);
    const asked: unknown[] = [];
    Object.assign(runtime.clonedVoices, {
      create: async ({ path, signal, ...voice }: { path: string; signal: AbortSignal }) => {
        asked.push(voice, path.startsWith(folder), signal.aborted);
        return { id: 'a1b2c3d4', name: 'Ada', language: 'en', referenceText: '', createdAt: 1_800_000_000 };
      },
      remove: async (id: string) => void asked.push(id),
    });
    const CREATE = '/vox.SynthesisService/CreateVoice';
    const { message } = await client.unary(CREATE, { name: ' Ada ', audio: WAV, reference_text: 'Hello' });
    assert.deepEqual(message, {
      voice: { id: 'a1b2c3d4', name: 'Ada', language: 'en', is_cloned: true },
      created_at: 1_800_000_000,
    });
    assert.deepEqual(asked, [{ name: 'Ada', referenceText: 'Hello' }, true, false]);
    const gone = await client.unary('/vox.SynthesisService/DeleteVoice', { id: 'a1b2c3d4' });
    assert.deepEqual(gone.message, { id: 'a1b2c3d4', deleted: true });
    assert.equal(asked.at(-1), 'a1b2c3d4');
    await assert.rejects(
      client.unary(CREATE, { audio: WAV }),
      ends(status.INVALID_ARGUMENT, /name is empty/),
    );
    await assert.rejects(
      client.unary(CREATE, { name: 'A' }),
      ends(status.INVALID_ARGUMENT, /audio is empty/),
    );
    assert.deepEqual(await readdir(folder), []);
  });
});
