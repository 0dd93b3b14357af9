/** What is decoded in the pauses of a live stream, and where there is none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LiveOptions, Model, SpeechDetector } from '@vox-speech/contract';
import { detector, detectorsOf, listener, RATE, sayNumbers, speechOf } from '../fake-model.test-support.js';
import { joined, LIVE, LiveBench, silence } from './live.test-support.js';
import { DecodeTurns } from './turns.js';
import { WindowedEngine } from './windowed-engine.js';

const bench = (model: Model, open: () => SpeechDetector = detector): LiveBench =>
  new LiveBench(
    (clock) => new WindowedEngine(model, detectorsOf(open), new DecodeTurns(2, () => true), 2, clock),
  );

const detected = (by: LiveOptions['endpointing']['detector']): LiveOptions => ({
  ...LIVE,
  endpointing: { ...LIVE.endpointing, detector: by },
});

/** Like Silero: that speech has ended is known 200 ms later, and then it has ended then. */
function lateDetector(): SpeechDetector {
  const inner = detector();
  let position = 0;
  let since: number | undefined;
  let ended: { start: number; end: number } | undefined;
  return {
    ...inner,
    accept(samples) {
      position += samples.length;
      ended = inner.accept(samples).at(-1) ?? ended;
      since ??= inner.openSince();
      if (inner.openSince() !== undefined) ended = undefined;
      if (ended === undefined || position - ended.end < 0.2 * RATE) return [];
      const span = ended;
      since = undefined;
      ended = undefined;
      return [span];
    },
    openSince: () => since,
  };
}

describe('the pauses of a live stream', () => {
  it('manual: what a pause would have ended is decoded by itself, and what follows anew', async () => {
    const heard: number[] = [];
    const model = listener(async ({ samples }) => {
      heard.push(speechOf(samples).length);
      return undefined;
    });
    const live = bench(model);
    live.hub.listen(1, detected('manual'));
    await live.send(1, joined(sayNumbers([1, 2, 3]), silence(1), sayNumbers([4, 5]), silence(0.6)));
    live.hub.control('commit', 1);
    await live.clock.advance(100);
    const [final, ...more] = live.of('final');
    assert.deepEqual([final?.text, final?.words?.length, more.length], ['1 2 3 4 5', 5, 0]);
    assert.equal(Math.max(...heard), 3);
  });

  it('manual: what no detector takes for speech is heard all the same', async () => {
    const deaf = (): SpeechDetector => ({ ...detector(), accept: () => [], openSince: () => undefined });
    const live = bench(listener(), deaf);
    live.hub.listen(1, detected('manual'));
    await live.send(1, joined(sayNumbers([1, 2]), silence(0.6)));
    live.hub.control('commit', 1);
    await live.clock.advance(100);
    assert.equal(live.of('final')[0]?.text, '1 2');
  });

  it('a partial that has heard the end of speech is the decode of the whole', async () => {
    const lengths: number[] = [];
    const model = listener(async ({ samples }) => {
      if (speechOf(samples).length === 0) return undefined;
      lengths.push(samples.length);
      // Longer than the detector takes.
      await new Promise<void>((resolve) => live.clock.after(250, resolve));
      return undefined;
    });
    const live: LiveBench = bench(model, lateDetector);
    live.hub.listen(1, { ...detected('silero'), partialMs: 0 });
    const tone = new Float32Array(1.2 * RATE).map((_, at) => (at % 2 === 0 ? 0.107 : -0.107));
    await live.send(1, joined(silence(0.5), tone, silence(1)));
    assert.equal(live.of('final')[0]?.text, '7');
    // With all the sound, and the pre-roll of 100 ms.
    assert.equal(lengths.filter((length) => length >= 1.3 * RATE).length, 1);
  });

  it('without a pause words at a cut are neither doubled nor lost where a model has their times too early', async () => {
    const exact = listener();
    const early: Model = {
      ...exact,
      async *transcribe(pcm, options, signal) {
        for await (const segment of exact.transcribe?.(pcm, options, signal) ?? []) {
          const { words = [] } = segment;
          yield { ...segment, words: words.map((word) => ({ ...word, endMs: word.endMs - 150 })) };
        }
      },
    };
    const live = bench(early);
    live.hub.listen(1, LIVE);
    const numbers = Array.from({ length: 40 }, (_, index) => index + 1);
    await live.send(
      1,
      joined(
        sayNumbers(numbers, () => 0.08),
        silence(1),
      ),
    );
    const texts = live.of('final').map(({ text }) => text);
    assert.equal(texts.join(' '), numbers.join(' '));
  });
});
