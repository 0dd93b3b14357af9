import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndReason, LiveEvent, ModelInfo } from '@vox-speech/contract';
import type { LiveListener } from '../types.js';
import { Hearing, type Listen } from './hearing.js';

/** Hz, and bytes of a second. */
const RATE = 8_000;
const SECOND = 2 * RATE;
const timing = { endpointToFinalMs: 0, sinceFirstAudioMs: 0, decodeMs: 0, revisedShare: 0 };

const started = (utterance: number, seconds: number): LiveEvent => ({
  type: 'speech-started',
  utterance,
  atMs: seconds * 1000,
});

/** Words at one a second. */
function final(utterance: number, from: number, to: number, reason: EndReason): LiveEvent {
  const words = Array.from({ length: to - from }, (_, at) => ({
    text: ` w${from + at}`,
    startMs: (from + at) * 1000,
    endMs: (from + at + 1) * 1000,
  }));
  const text = words.map((word) => word.text.trim()).join(' ');
  const span = { startMs: from * 1000, endMs: to * 1000 };
  return { type: 'final', utterance, text, ...span, reason, words, timing };
}

/** Hears silence from so many seconds on; what the recogniser says of it is told when it is given. */
async function open(from = 0) {
  let listener: LiveListener | undefined;
  let due: readonly LiveEvent[] = [];
  const listen: Listen = async (request, told) => {
    listener = told;
    return {
      model: request.model,
      info: {} as ModelInfo,
      queuedMs: 0,
      append: () => true,
      commit: () => {},
      heard: async () => due.forEach((event) => void told.onEvent(event)),
      finish: () => told.onEnd({ audioMs: 0, utterances: 0 }),
    };
  };
  const options = { setup: { model: 'a:1' }, sampleRate: RATE, from: from * SECOND };
  const hearing = await Hearing.open(listen, options, new AbortController().signal);
  assert.ok(listener);
  return {
    hearing,
    /** Seconds from which another would have to hear again, and the phrases that are over. */
    async after(seconds: number, ...events: LiveEvent[]) {
      due = events;
      for (let at = 0; at < seconds; at += 5) {
        await hearing.hear(Buffer.alloc(Math.min(5, seconds - at) * SECOND));
        due = [];
      }
      const phrases = hearing.take().map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds]);
      return [hearing.openFrom / SECOND, ...phrases];
    },
  };
}

test('who speaks again before the last final is heard again from there, and from nowhere later', async () => {
  const { after } = await open();
  assert.deepEqual(await after(4, started(1, 1)), [0]);
  // The second has begun when the first gets its final.
  assert.deepEqual(await after(6, started(2, 5), final(1, 1, 3, 'silence')), [3, [1, 3]]);
  assert.deepEqual(await after(5), [3]);
  assert.deepEqual(await after(5, final(2, 5, 15, 'silence')), [16.8, [5, 15]]);
});

test('what is cut at the model’s window is one phrase, up to a minute', async () => {
  const { hearing, after } = await open();
  assert.deepEqual(await after(30, started(1, 0)), [0]);
  assert.deepEqual(await after(1, started(2, 28), final(1, 0, 28, 'length')), [0]);
  assert.equal(hearing.partial.split(' ').length, 28);
  assert.deepEqual(await after(29, started(3, 56), final(2, 28, 56, 'length')), [0]);
  // A minute is over within the third.
  assert.deepEqual(await after(10, final(3, 56, 66, 'silence')), [66.9, [0, 60], [60, 66]]);
  assert.equal(hearing.partial, '');
});

test('a cut behind which nobody speaks on, one with a pause behind it, and one at the end', async () => {
  const { hearing, after } = await open(100);
  assert.deepEqual(await after(30, started(1, 0)), [100]);
  assert.deepEqual(await after(1, final(1, 0, 28, 'length')), [100]);
  assert.deepEqual(await after(2), [129.9, [100, 128]]);
  assert.deepEqual(await after(30, started(2, 32)), [128.1]);
  assert.deepEqual(await after(1, started(3, 61), final(2, 32, 60, 'length')), [128.1]);
  assert.deepEqual(await after(1, final(3, 61, 64, 'length')), [160, [132, 160]]);
  await hearing.finish();
  assert.deepEqual(
    hearing.take().map(({ text, endSeconds }) => [text, endSeconds]),
    [['w61 w62 w63', 164]],
  );
});

test('a minute that the model itself has cut is told at once, and heard again from the cut', async () => {
  const { after } = await open();
  assert.deepEqual(await after(61, started(1, 0), final(1, 0, 60, 'length'), started(2, 60)), [60, [0, 60]]);
});
