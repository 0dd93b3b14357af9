import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BenchResult, benchFigures, type Moments, spreadOf, utteranceFigures } from './metrics.js';

/** Two seconds of audio from 110 on: the final commit at 2110, words until 2300, done at 2310. */
const MOMENTS: Moments = {
  began: 50,
  opened: 100,
  ready: 104,
  firstAudio: 110,
  lastAudio: 2030,
  commit: 2110,
  tokens: [510, 1110, 2300],
  done: 2310,
};

describe('the figures of an utterance', () => {
  it('are differences of its moments', () => {
    assert.deepEqual(utteranceFigures(MOMENTS, 2000), {
      connectMs: 50,
      handshakeMs: 4,
      firstAudioMs: 60,
      audioMs: 2000,
      transcriptionMs: 2260,
      finalSinceConnectMs: 2210,
      finalSinceFirstAudioMs: 2200,
      rtfFull: 1.13,
      rtfServer: 1.1,
      timesRealTime: 2000 / 2200,
      firstWordMs: 400,
      deltaMs: 200,
      partials: 3,
      sendMs: 1920,
      afterSendMs: 280,
      flushToFinalMs: 200,
      decodeTailMs: 10,
      partialGapMs: 895,
    });
  });

  it('say nothing of what never came', () => {
    const { handshakeMs, firstWordMs, decodeTailMs, partialGapMs, partials } = utteranceFigures(
      { ...MOMENTS, ready: undefined, tokens: [] },
      2000,
    );
    assert.deepEqual(
      [handshakeMs, firstWordMs, decodeTailMs, partialGapMs, partials],
      [undefined, undefined, undefined, undefined, 0],
    );
    assert.equal(utteranceFigures({ ...MOMENTS, tokens: [600] }, 2000).partialGapMs, undefined);
  });
});

describe('spreads', () => {
  it('are the mean and sorted[round(share * (n - 1))]', () => {
    const twenty = Array.from({ length: 20 }, (_, i) => 20 - i);
    // 0.95 * 19 = 18.05, 0.5 * 19 = 9.5, which Python rounds to the even 10.
    assert.deepEqual(spreadOf(twenty), { avg: 10.5, p50: 11, p95: 19 });
    assert.deepEqual(spreadOf([7]), { avg: 7, p50: 7, p95: 7 });
    // 0.95 * 10 = 9.5 is 10 by both rules; 0.95 * 30 = 28.5 is 28 by Python's.
    assert.equal(spreadOf(Array.from({ length: 11 }, (_, i) => i))?.p95, 10);
    assert.equal(spreadOf(Array.from({ length: 31 }, (_, i) => i))?.p95, 28);
  });

  it('leave out what is not there, and are absent of nothing', () => {
    assert.deepEqual(spreadOf([undefined, 4, undefined, 2]), { avg: 3, p50: 2, p95: 4 });
    assert.equal(spreadOf([undefined]), undefined);
  });
});

describe('the figures of a benchmark', () => {
  const done: BenchResult = { outcome: 'done', wallMs: 2500, figures: utteranceFigures(MOMENTS, 2000) };

  it('tell refusals from errors, and count audio over time', () => {
    const figures = benchFigures(
      [
        done,
        { outcome: 'rejected', message: 'full' },
        done,
        { outcome: 'error', message: 'gone' },
        { outcome: 'rejected', message: 'full' },
      ],
      3,
      4000,
    );
    assert.deepEqual([figures.sessions, figures.done, figures.rejected, figures.errors], [5, 2, 2, 1]);
    assert.deepEqual(figures.messages, ['full', 'gone']);
    assert.deepEqual(figures.throughput, { avg: 0.8, p50: 0.8, p95: 0.8 });
    assert.deepEqual([figures.totalAudioMs, figures.totalMs, figures.overallThroughput], [4000, 4000, 1]);
    assert.equal(figures.firstWordMs?.p95, 400);
  });

  it('have no spreads where nothing was done', () => {
    const figures = benchFigures([{ outcome: 'error', message: 'gone' }], 1, 10);
    assert.equal('wallMs' in figures, false);
    assert.equal(figures.overallThroughput, 0);
  });
});
