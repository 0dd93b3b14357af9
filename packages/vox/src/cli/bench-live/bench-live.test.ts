import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { benchAudio, readBenchAudio } from './audio.js';
import { DIALECTS } from './dialect.js';
import { figuresOf, percentile, type StreamResult, wordErrors } from './figures.js';
import { figureLines } from './render.js';
import { runBench } from './run.js';
import { nextStep, packetsDue, startTimes } from './schedule.js';
import { linePlot } from './svg.js';

/** 200 ms of silence, 300 ms of a tone, 100 ms of silence. */
const AUDIO = benchAudio(
  Float32Array.from({ length: 9_600 }, (_, i) => (i >= 3_200 && i < 8_000 ? 0.3 * Math.sin(i / 5) : 0)),
);

describe('the figures of a live benchmark', () => {
  it('finds where the speech is', () => {
    assert.deepEqual([AUDIO.durationMs, AUDIO.speechFromMs, AUDIO.speechToMs], [600, 200, 500]);
    assert.equal(AUDIO.pcm.length, 19_200);
  });

  it('names a file that is no WAV, and what makes one of it', async () => {
    const path = fileURLToPath(import.meta.url);
    await assert.rejects(readBenchAudio(path), (error: Error) => {
      assert.ok(error.message.startsWith(`${path}: the bytes are not a WAV`), error.message);
      return error.message.includes(`ffmpeg -i ${path} talk.wav`);
    });
  });

  it('shows no figures of streams that there were none of', () => {
    const stable = { promised: 0, broken: 0 };
    const gone: StreamResult = {
      outcome: 'error',
      message: 'gone',
      endpointToFinalMs: [],
      lagMs: [],
      text: '',
      stable,
      audioMs: 0,
    };
    const facts = { silenceMs: 500, sendDelayMs: [], cpuSeconds: undefined, reference: undefined };
    assert.deepEqual(figureLines(figuresOf([gone], facts)), [
      '1 streams: 0 served, 0 refused, 1 errors',
      '  ! gone',
    ]);
  });

  it('interpolates percentiles', () => {
    assert.equal(percentile([4, 1, 3, 2], 0.5), 2.5);
    assert.equal(percentile([7], 0.99), 7);
    assert.ok(Number.isNaN(percentile([], 0.5)));
  });

  it('counts word errors', () => {
    assert.equal(wordErrors('It was the best, of times.', 'it was best of the times'), 100 / 3);
    assert.equal(wordErrors('a b', ''), 100);
    assert.equal(wordErrors('', 'a'), 100);
    assert.equal(wordErrors('one two', 'One two!'), 0);
  });

  it('takes the silence off, and tells the refused from the failed', () => {
    const one: StreamResult = {
      outcome: 'done',
      speechEndToFinalMs: 700,
      endpointToFinalMs: [150],
      lagMs: [],
      text: 'a b',
      stable: { promised: 4, broken: 1 },
      audioMs: 2_000,
    };
    const figures = figuresOf(
      [one, { ...one, outcome: 'refused', message: 'full' }, { ...one, outcome: 'error', message: 'gone' }],
      { silenceMs: 500, sendDelayMs: [], cpuSeconds: 3, reference: 'a c' },
    );
    assert.deepEqual(figures, {
      streams: 3,
      done: 1,
      refused: 1,
      errors: 1,
      messages: ['full', 'gone'],
      silenceMs: 500,
      speechEndToFinalMs: { p50: 200, p95: 200, p99: 200 },
      endpointToFinalMs: { p50: 150, p95: 150, p99: 150 },
      cpuPerAudioSecond: 0.5,
      wordErrorPercent: 50,
      revisedStable: 0.25,
    });
  });

  it('keeps real time, out of step, and always grows', () => {
    assert.deepEqual([packetsDue(-5, 20), packetsDue(19, 20), packetsDue(45, 20)], [0, 0, 2]);
    assert.deepEqual(startTimes(3, 300), [0, 100, 200]);
    assert.deepEqual(startTimes(2, 60_000), [0, 500]);
    assert.deepEqual([nextStep(1), nextStep(12)], [2, 15]);
  });

  it('draws lines inside the frame, names escaped', () => {
    const svg = linePlot({
      title: 'a < b',
      x: 'n',
      y: 'ms',
      lines: [
        {
          name: 'p&q',
          points: [
            [0, 0],
            [10, 50],
          ],
        },
      ],
    });
    assert.match(svg, /points="64\.0,316\.0 600\.0,36\.0"/);
    assert.match(svg, /a &lt; b/);
    assert.match(svg, /p&amp;q/);
  });
});

/** A server that speaks the protocol and hears nothing: final once 500 ms of audio came, refusal of the second call. */
async function standIn(promise: { text: string; stable: number }[]) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  let calls = 0;
  let bytes = 0;
  server.on('connection', (ws) => {
    if (++calls === 2) {
      ws.send(JSON.stringify({ type: 'error', code: 1013, message: 'no room' }));
      return ws.close(1013);
    }
    const say = (message: object): void => ws.send(JSON.stringify({ segment_seq: 1, ...message }));
    say({ type: 'ready' });
    let heard = 0;
    ws.on('message', (data: Buffer) => {
      bytes += data.length;
      heard++;
      const partial = promise[heard - 15];
      if (partial) say({ type: 'partial', ...partial, end_ms: 20 * heard - 40 });
      if (heard === 30) say({ type: 'final', text: 'hello world', endpoint_to_final_ms: 12 });
    });
  });
  await once(server, 'listening');
  return {
    base: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => bytes,
    close: () => server.close(),
  };
}

describe('a run against a server', () => {
  it('serves, refuses, and catches a stable prefix that changed', { timeout: 30_000 }, async () => {
    const server = await standIn([
      { text: 'hello', stable: 2 },
      { text: 'jello', stable: 2 },
    ]);
    const { stt } = DIALECTS;
    assert.ok(stt);
    const figures = await runBench({
      base: server.base,
      headers: {},
      dialect: stt,
      model: '',
      audio: AUDIO,
      packetMs: 20,
      silenceMs: 0,
      streams: 2,
      reference: 'hello world',
      cpu: async () => undefined,
      signal: new AbortController().signal,
    });
    server.close();
    assert.deepEqual([figures.done, figures.refused, figures.errors], [1, 1, 0]);
    assert.deepEqual(figures.messages, ['no room']);
    assert.equal(figures.wordErrorPercent, 0);
    assert.equal(figures.endpointToFinalMs?.p50, 12);
    // "he" became "je", and the final took that back.
    assert.equal(figures.revisedStable, 1);
    assert.ok(figures.firstPartialMs && figures.firstPartialMs.p50 > 0);
    assert.ok(server.bytes() >= AUDIO.pcm.length);
  });
});
