import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Metrics } from '../observe/index.js';
import { LIVE } from '../sessions/live-options.test.support.js';
import { fakeRuntime } from './fake-runtime.test.support.js';
import { measured, measuredListen } from './measured.js';
import type { LiveListener, Runtime } from './types.js';

const SILENT: LiveListener = { onEvent() {}, onDrain() {}, onEnd() {}, onError() {} };

function setUp() {
  const fake = fakeRuntime();
  const metrics = new Metrics({
    streams: () => 3,
    capacity: () => 12,
    runners: () => [{ reference: 'whisper:base', memoryBytes: 4_096 }],
  });
  const runtime = measured(fake as Runtime, metrics);
  const listen = measuredListen(fake.listen, metrics);
  return { fake, metrics, runtime, listen };
}

const request = (signal = new AbortController().signal) => ({
  model: 'whisper:base',
  options: LIVE,
  queueMs: 1_000,
  overflow: 'wait' as const,
  signal,
});

describe('metrics', () => {
  it('times what a live stream is told, and passes it on', async () => {
    const { fake, metrics, listen } = setUp();
    const told: string[] = [];
    const session = await listen(request(), {
      ...SILENT,
      onEvent: (event) => told.push(event.type),
      onError: (error) => told.push(error.message),
    });
    session.append(Buffer.alloc(32_000));
    const [live] = fake.asked.listen;
    assert.ok(live);
    const at = { utterance: 1, text: 'a', startMs: 0, endMs: 400 };
    live.listener.onEvent({ type: 'partial', stable: 0, ...at });
    const timing = {
      firstPartialMs: 300,
      endpointToFinalMs: 120,
      sinceFirstAudioMs: 900,
      decodeMs: 80,
      revisedShare: 0,
    };
    live.listener.onEvent({ type: 'final', reason: 'silence', timing, ...at });
    live.listener.onEvent({ type: 'dropped', fromMs: 0, toMs: 20, frames: 7 });
    live.listener.onError(new Error('broke'));
    assert.deepEqual(told, ['partial', 'final', 'dropped', 'broke']);
    assert.deepEqual(live.log, ['audio 32000']);
    const { text } = await metrics.scrape();
    const model = '{model="whisper:base"}';
    for (const line of [
      `vox_live_lag_seconds_sum${model} 0.6`,
      `vox_live_first_partial_seconds_sum${model} 0.3`,
      `vox_live_end_to_final_seconds_sum${model} 0.12`,
      `vox_live_end_to_final_seconds_bucket{le="0.1",model="whisper:base"} 0`,
      'vox_decode_seconds_sum{model="whisper:base",act="listen"} 0.08',
      `vox_live_queue_seconds_count${model} 1`,
      `vox_live_dropped_frames_total${model} 7`,
      'vox_errors_total{act="listen",code="internal"} 1',
      'vox_requests_total{act="listen"} 1',
      'vox_live_streams 3',
      'vox_live_capacity 12',
      'vox_runners 1',
      `vox_runner_memory_bytes${model} 4096`,
    ])
      assert.ok(text.split('\n').includes(line), `${line}\n${text}`);
  });

  it('times the first audio of a text that is still being written, once, from its first words', async () => {
    const { fake, metrics, runtime } = setUp();
    const heard: number[] = [];
    const { signal } = new AbortController();
    const request = { model: 'piper:joe', voice: '', speed: 1, format: 'pcm', signal } as const;
    const stream = await runtime.speakStream(request, {
      audio: async (bytes) => void heard.push(bytes.length),
      progress() {},
    });
    stream.append('One.');
    const [speech] = fake.asked.speakStream;
    assert.ok(speech);
    await speech.listener.audio(Buffer.alloc(2));
    await speech.listener.audio(Buffer.alloc(4));
    stream.finish();
    speech.end({ durationMs: 1, processingMs: 250, warnings: [] });
    await stream.done;
    assert.deepEqual(heard, [2, 4]);
    const { text } = await metrics.scrape();
    for (const line of [
      'vox_speech_first_audio_seconds_count{model="piper:joe"} 1',
      'vox_decode_seconds_sum{model="piper:joe",act="speak"} 0.25',
      'vox_requests_total{act="speak"} 1',
    ])
      assert.ok(text.split('\n').includes(line), `${line}\n${text}`);
  });

  it('holds the names of a dialect beside its own, whenever they were defined', async () => {
    const { metrics } = setUp();
    const define = (name: string) =>
      metrics.extend(({ Counter }, registry) => {
        new Counter({ name, help: 'x', registers: [registry] }).inc();
      });
    define('stt_before_total');
    assert.match((await metrics.scrape()).text, /stt_before_total 1/);
    define('stt_after_total');
    assert.match((await metrics.scrape()).text, /stt_before_total 1[\s\S]*stt_after_total 1/);
  });
});
