import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { until } from '../../transport/waiting.test.support.js';
import { listening, serveStreams } from './streams.test.support.js';

const PATH = '/v1/audio/stream';
const timing = { endpointToFinalMs: 1, sinceFirstAudioMs: 2, decodeMs: 30.4, revisedShare: 0 };

describe('audio/stream', () => {
  it('tells of speech, of new words that stay, and of the whole', async (t) => {
    const { client, ready, live } = await listening(t, PATH, {
      model: 'whisper:base',
      partials: true,
      include_word_timestamps: true,
    });
    assert.deepEqual(ready, { type: 'ready' });
    assert.deepEqual(live.request.options, {
      sampleRate: 16_000,
      task: 'transcribe',
      hotwords: [],
      language: 'en',
      words: true,
      partialMs: 700,
      endpointing: {
        detector: 'silero',
        minSpeechMs: 250,
        preRollMs: 500,
        silenceMs: 1000,
        maxUtteranceMs: 15_000,
      },
    });
    const { listener } = live;
    const at = { utterance: 0, startMs: 100, endMs: 900 };
    listener.onEvent({ type: 'speech-started', utterance: 0, atMs: 100 });
    listener.onEvent({ type: 'partial', ...at, text: 'Ask knot', stable: 0 });
    listener.onEvent({ type: 'partial', ...at, text: 'Ask not what', stable: 7 });
    listener.onEvent({ type: 'partial', ...at, text: 'Ask not what you', stable: 12 });
    listener.onEvent({ type: 'speech-stopped', utterance: 0, atMs: 1200, reason: 'silence' });
    listener.onEvent({
      ...at,
      type: 'final',
      text: ' Ask not what.',
      reason: 'silence',
      timing,
      words: [{ text: ' Ask', startMs: 100, endMs: 300 }],
    });
    listener.onEvent({ ...at, type: 'final', utterance: 1, text: '', reason: 'end', timing });
    client.send({ type: 'end' });
    await until('what was asked for', () => live.log.includes('finish'));
    listener.onEnd({ audioMs: 2000, utterances: 1 });
    assert.equal((await client.closed)[0], 1000);
    const span = { start_ms: 100, end_ms: 900, audio_duration_ms: 800, model: 'whisper:base' };
    const partial = { type: 'transcript', ...span, is_partial: true, processing_duration_ms: 0 };
    const words = [{ word: 'Ask', start_ms: 100, end_ms: 300, confidence: null }];
    assert.deepEqual(client.told.slice(1), [
      { type: 'speech_started', timestamp_ms: 100 },
      { ...partial, text: 'Ask not' },
      { ...partial, text: 'what' },
      { type: 'speech_stopped', timestamp_ms: 1200 },
      {
        type: 'transcript',
        text: 'Ask not what.',
        ...span,
        is_partial: false,
        processing_duration_ms: 30,
        words,
        segments: [{ text: 'Ask not what.', start_ms: 100, end_ms: 900, words }],
      },
    ]);
  });

  it('sends no partials and no words unless asked; null detects', async (t) => {
    const { client, live } = await listening(t, PATH, { language: null });
    assert.equal(live.request.options.partialMs, undefined);
    assert.equal(live.request.options.language, undefined);
    const at = { utterance: 0, startMs: 0, endMs: 9 };
    live.listener.onEvent({ ...at, type: 'partial', text: 'a b', stable: 3 });
    live.listener.onEvent({ ...at, type: 'final', text: 'a b', reason: 'silence', timing, language: 'de' });
    const told = await client.next();
    assert.equal(told.is_partial, false);
    assert.equal(told.language, 'de');
    assert.equal('words' in told, false);
  });

  it('takes both thresholds of the detector, and says where they can not be as asked', async (t) => {
    const { runtime, connect } = await serveStreams(t);
    const rows: [Record<string, unknown>, unknown, RegExp | undefined][] = [
      [{ vad_start_threshold: null }, undefined, undefined],
      [{ vad_start_threshold: 0.6 }, { threshold: 0.6 }, undefined],
      [{ vad_start_threshold: 0.6, vad_continue_threshold: 0.4 }, { threshold: 0.6, leave: 0.4 }, undefined],
      [
        { vad_start_threshold: 0.5, vad_continue_threshold: 0.35 },
        { threshold: 0.5, leave: 0.35 },
        undefined,
      ],
      [
        { vad_start_threshold: 0.6, vad_continue_threshold: 0.5 },
        { threshold: 0.6, leave: 0.5 },
        /until 0\.45/,
      ],
      [{ turn_detector: 'livekit' }, undefined, /no eou_probability/],
    ];
    for (const [config, speech, warning] of rows) {
      const client = await connect(PATH);
      client.send({ type: 'config', ...config });
      const { warnings } = await client.next('ready');
      assert.deepEqual(runtime.asked.listen.at(-1)?.request.options.endpointing.speech, speech);
      assert.match(String(warnings), warning ?? /undefined/);
      client.ws.close();
    }
    for (const [config, field] of [
      [{ vad_start_threshold: 1.5 }, 'vad_start_threshold'],
      [{ vad_start_threshold: 'high' }, 'vad_start_threshold'],
      [{ vad_start_threshold: 0.5, vad_continue_threshold: 0.5 }, 'vad_continue_threshold'],
      [{ vad_continue_threshold: 0.4 }, 'vad_continue_threshold'],
    ] as const) {
      const client = await connect(PATH);
      client.send({ type: 'config', ...config });
      assert.match(String((await client.next('error')).message), new RegExp(`^${field}: `));
      client.ws.close();
    }
  });

  it('falls back from the default English where the model has none, and only then', async (t) => {
    const { runtime, connect } = await serveStreams(t);
    const asked: (string | undefined)[] = [];
    const { listen } = runtime;
    runtime.listen = async (request, listener) => {
      asked.push(request.options.language);
      if (request.options.language === 'en')
        throw new VoxError('invalid_request', 'language: de', { param: 'language' });
      return listen.call(runtime, request, listener);
    };
    const client = await connect(PATH);
    client.send({ type: 'config', language: 'en' });
    assert.equal((await client.next()).message, 'language: de');
    client.send({ type: 'config' });
    assert.equal((await client.next()).type, 'ready');
    assert.deepEqual(asked, ['en', 'en', undefined]);
  });
});
