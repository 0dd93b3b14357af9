/** Detectors of several streams hear in one go what they are given next, and nothing else changes by it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { floatToInt16 } from '@vox-speech/audio';
import type { HeardAhead, LiveOptions, SpeechDetector } from '@vox-speech/contract';
import { Detectors } from '../detectors.js';
import { detector, listener, sayNumbers } from '../fake-model.test-support.js';
import { joined, LIVE, LiveBench, silence } from './live.test-support.js';
import { DecodeTurns } from './turns.js';
import { WindowedEngine } from './windowed-engine.js';

const SILERO: LiveOptions = { ...LIVE, endpointing: { ...LIVE.endpointing, detector: 'silero' } };

/** Streams of a model whose detectors are checked: what was heard ahead is what they accept next. */
function make(hear: (ahead: readonly HeardAhead[]) => void = () => {}) {
  const runs: number[] = [];
  const waiting = new Map<SpeechDetector, number[]>();
  const openDetector = (): SpeechDetector => {
    const inner = detector();
    const one: SpeechDetector = {
      ...inner,
      accept(samples) {
        const expected = waiting.get(one)?.splice(0, samples.length) ?? [];
        assert.deepEqual(expected, [...samples.subarray(0, expected.length)]);
        return inner.accept(samples);
      },
    };
    return one;
  };
  const hearAhead = (ahead: readonly HeardAhead[]): void => {
    hear(ahead);
    runs.push(ahead.length);
    for (const { detector: one, samples } of ahead) {
      assert.deepEqual(waiting.get(one) ?? [], [], 'all that was heard ahead was accepted');
      waiting.set(one, [...samples]);
    }
  };
  const detectors = new Detectors(async () => ({ ...listener(), openDetector, hearAhead }));
  const bench = new LiveBench(
    (clock) => new WindowedEngine(listener(), detectors, new DecodeTurns(2, () => true), 2, clock),
  );
  return { bench, runs };
}

/** One packet of each stream, then time for a tick. */
async function frames(bench: LiveBench, packets: ReadonlyMap<number, Float32Array>): Promise<void> {
  const bodies = [...packets.values()].map((samples) => Buffer.from(floatToInt16(samples).buffer));
  bench.hub.frames(
    [...packets.keys()],
    bodies.map(({ length }) => length),
    Buffer.concat(bodies),
  );
  await bench.clock.advance(20);
}

const SPEECH = joined(silence(1), sayNumbers([1, 2, 3]), silence(1), sayNumbers([4, 5]), silence(1));
/** Samples of a packet: of 30 ms, so that ticks and frames are not in step. */
const PACKET = 480;

describe('several who speak', () => {
  it('are heard in one go, tick by tick, and their words are those of one who speaks alone', async () => {
    const { bench, runs } = make();
    for (const id of [1, 2, 3]) bench.hub.listen(id, SILERO);
    await bench.clock.advance(1_000);
    for (let at = 0; at < SPEECH.length; at += PACKET) {
      const packet = SPEECH.subarray(at, at + PACKET);
      await frames(bench, new Map([1, 2, 3].map((id) => [id, packet])));
      // Between two words, right behind audio that is not heard yet.
      if (at === 49 * PACKET) bench.hub.control('commit', 3);
    }
    for (const id of [1, 2, 3]) bench.hub.control('finish', id);
    await bench.clock.advance(2_000);
    const words = (id: number) => bench.of('final', id).map(({ text }) => text);
    assert.deepEqual(words(1), ['1 2 3', '4 5']);
    assert.deepEqual(words(2), words(1));
    assert.deepEqual(words(3), ['1', '2 3', '4 5']);
    assert.ok(runs.length > 50, `${runs.length} runs`);
    assert.ok(
      runs.every((count) => count === 2 || count === 3),
      String(runs),
    );
  });

  it('end with an error when that fails, and who is silent goes on', async () => {
    const { bench } = make(() => {
      throw new Error('the library failed');
    });
    for (const id of [1, 2, 3]) bench.hub.listen(id, SILERO);
    await bench.clock.advance(1_000);
    for (let at = 0; at < SPEECH.length; at += PACKET) {
      const packet = SPEECH.subarray(at, at + PACKET);
      await frames(
        bench,
        new Map([
          [1, packet],
          [2, packet],
          [3, new Float32Array(packet.length)],
        ]),
      );
    }
    assert.deepEqual(
      [1, 2, 3].map((id) => bench.last(id)?.type),
      ['error', 'error', undefined],
    );
  });
});
