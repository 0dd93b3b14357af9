import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LiveOptions, StreamPart, TranscriptionStream } from '@vox-speech/contract';
import { STT, sayNumbers } from '../fake-model.test-support.js';
import { BatchedEngine, type StreamingModel } from './batched-engine.js';
import { joined, LIVE, LiveBench, silence } from './live.test-support.js';

/** Samples of a step: 100 ms. */
const CHUNK = 1_600;
/** Loudness of the fake words. */
const LOUD = 0.05;

/** Hears a word "w" for each stretch of sound, and ends by itself after 600 ms of silence, and before one word too many. */
function wordStream(endpoint: boolean, mostWords: number): TranscriptionStream & { step(): void } {
  let pending: number[] = [];
  let words = 0;
  let quiet = 0;
  let loud = false;
  let finished = false;
  const parts: StreamPart[] = [];
  const final = (cut?: true): void => {
    const text = Array(words).fill('w').join(' ');
    if (words > 0) parts.push({ type: 'transcript-final', text, ...(cut && { cut }) });
    words = 0;
  };
  return {
    push: (samples) => pending.push(...samples),
    ready: () => pending.length >= CHUNK || (finished && pending.length > 0),
    step() {
      const chunk = pending.slice(0, CHUNK);
      pending = pending.slice(CHUNK);
      for (const sample of chunk) {
        const sound = Math.abs(sample) > LOUD;
        if (sound && !loud && words === mostWords) final(true);
        if (sound && !loud) words++;
        quiet = sound ? 0 : quiet + 1;
        loud = sound;
        if (endpoint && quiet === 9_600) final();
      }
      if (words > 0) parts.push({ type: 'transcript-partial', text: Array(words).fill('w').join(' ') });
      if (finished && pending.length === 0) final();
    },
    finish() {
      finished = true;
      if (pending.length === 0) final();
    },
    poll: () => parts.splice(0),
    close() {},
  };
}

/** @param stepMs what a step takes, however many streams it is for */
function bench({
  endpoint = true,
  stepMs = 0,
  mostWords = Number.POSITIVE_INFINITY,
  longestUtteranceMs = Number.POSITIVE_INFINITY,
} = {}): { live: LiveBench; batches: number[] } {
  const steps = new WeakMap<TranscriptionStream, () => void>();
  const batches: number[] = [];
  const model: StreamingModel = {
    info: { ...STT, longestUtteranceMs },
    memory: () => ({ bytes: 1 }),
    openTranscription() {
      const stream = wordStream(endpoint, mostWords);
      steps.set(stream, () => stream.step());
      return stream;
    },
    step(ready) {
      batches.push(ready.length);
      live.clock.spend(stepMs);
      for (const stream of ready) steps.get(stream)?.();
    },
    close: async () => {},
  };
  const live = new LiveBench((clock) => new BatchedEngine(model, clock));
  return { live, batches };
}

const withDetector = (detector: LiveOptions['endpointing']['detector']): LiveOptions => ({
  ...LIVE,
  endpointing: { ...LIVE.endpointing, detector },
});

describe('a live stream on a streaming model', () => {
  it('shows what the model hears, and ends where the model does', async () => {
    const { live } = bench();
    live.hub.listen(1, withDetector('silero'));
    await live.send(1, joined(sayNumbers([1, 2]), silence(1), sayNumbers([3]), silence(1)));
    assert.deepEqual(
      live.of('final').map(({ text, utterance, reason }) => [text, utterance, reason]),
      [
        ['w w', 1, 'silence'],
        ['w', 2, 'silence'],
      ],
    );
    assert.deepEqual(
      live
        .of('partial')
        .map(({ text }) => text)
        .filter((text, at, all) => text !== all[at - 1]),
      ['w', 'w w', 'w'],
    );
  });

  it('steps all streams that have something to hear in one call', async () => {
    const { live, batches } = bench();
    for (const id of [1, 2, 3, 4]) live.hub.listen(id, withDetector('silero'));
    await live.clock.advance(20);
    batches.length = 0;
    const chunk = new Uint8Array(2 * CHUNK);
    const body = new Uint8Array(4 * chunk.length);
    for (let at = 0; at < 5; at++) {
      live.hub.frames(
        [1, 2, 3, 4],
        [chunk, chunk, chunk, chunk].map(({ length }) => length),
        body,
      );
      await live.clock.advance(100);
    }
    assert.deepEqual(batches, [4, 4, 4, 4, 4]);
  });

  it('a commit ends the utterance, and says so also where nothing was heard; the end says the rest', async () => {
    const { live } = bench();
    live.hub.listen(1, withDetector('silero'));
    await live.send(1, sayNumbers([1, 2]));
    live.hub.control('commit', 1);
    await live.clock.advance(40);
    live.hub.control('commit', 1);
    await live.clock.advance(40);
    await live.send(1, sayNumbers([3]));
    live.hub.control('finish', 1);
    await live.clock.advance(40);
    assert.deepEqual(
      live.of('final').map(({ text, reason }) => [text, reason]),
      [
        ['w w', 'commit'],
        ['', 'commit'],
        ['w', 'end'],
      ],
    );
    assert.equal(live.last()?.type, 'end');
  });

  it('manual: what the model ends by itself waits for the commit', async () => {
    const { live } = bench();
    live.hub.listen(1, withDetector('manual'));
    await live.send(1, joined(sayNumbers([1]), silence(1), sayNumbers([2]), silence(1)));
    assert.equal(live.of('final').length, 0);
    live.hub.control('commit', 1);
    await live.clock.advance(40);
    assert.deepEqual(
      live.of('final').map(({ text }) => text),
      ['w w'],
    );
  });

  it('energy: the level ends an utterance that the model would go on with', async () => {
    const { live } = bench({ endpoint: false });
    live.hub.listen(1, withDetector('energy'));
    await live.send(1, joined(sayNumbers([1]), silence(0.8), sayNumbers([2]), silence(0.8)));
    assert.deepEqual(
      live.of('final').map(({ text, reason }) => [text, reason]),
      [
        ['w', 'silence'],
        ['w', 'silence'],
      ],
    );
  });

  it('speech without an end is cut by the model that does so itself, else here', async () => {
    const endpointing = { ...LIVE.endpointing, detector: 'silero', maxUtteranceMs: 2_000 } as const;
    const finals = async (longestUtteranceMs: number) => {
      // A word is 600 ms: the model cuts at 3 s, whatever it says.
      const { live } = bench({ endpoint: false, mostWords: 5, longestUtteranceMs });
      live.hub.listen(1, { ...LIVE, endpointing });
      await live.send(1, sayNumbers([1, 2, 3, 4, 5, 6]));
      return live.of('final').map(({ text, reason }) => [text.split(' ').length, reason]);
    };
    assert.deepEqual(await finals(2_000), [[5, 'length']]);
    assert.deepEqual(await finals(2_001), [[4, 'length']]);
  });

  it('a client that falls silent in the middle of a word gets its final', async () => {
    const { live } = bench();
    live.hub.listen(1, withDetector('silero'));
    await live.send(1, sayNumbers([1]).subarray(0, 6_000));
    await live.clock.advance(1_500);
    assert.deepEqual(
      live.of('final').map(({ text, reason }) => [text, reason]),
      [['w', 'silence']],
    );
  });

  it('a cancelled stream is not stepped any more', async () => {
    const { live, batches } = bench();
    live.hub.listen(1, withDetector('silero'));
    live.hub.listen(2, withDetector('silero'));
    await live.clock.advance(20);
    batches.length = 0;
    live.hub.frames([1, 2], [2 * CHUNK, 2 * CHUNK], new Uint8Array(4 * CHUNK));
    live.hub.cancel(1);
    await live.clock.advance(100);
    assert.deepEqual(batches, [1]);
  });

  for (const [stepMs, told, wanted] of [
    [0, 'with time to spare', (before: number, after: number) => after === before],
    [15, 'under pressure', (before: number, after: number) => after >= 2 * before],
  ] as const)
    it(`steps are for more streams ${told}: ${stepMs} ms a step`, async () => {
      const { live, batches } = bench({ stepMs });
      const ids = Array.from({ length: 10 }, (_, at) => at + 1);
      for (const id of ids) live.hub.listen(id, withDetector('silero'));
      await live.clock.advance(1);
      // Out of step with each other: one in five has the next chunk complete with each packet.
      for (const id of ids) await live.send(id, new Float32Array(320 * (id % 5)), 100);
      batches.length = 0;
      const packet = new Uint8Array(640);
      const mean = async (packets: number): Promise<number> => {
        const from = batches.length;
        for (let at = 0; at < packets; at++) {
          live.hub.frames(
            ids,
            ids.map(() => packet.length),
            new Uint8Array(packet.length * ids.length),
          );
          await live.clock.advance(20);
        }
        const made = batches.slice(from);
        return made.reduce((sum, size) => sum + size, 0) / made.length;
      };
      const before = Math.round(await mean(15));
      await mean(250);
      const after = Math.round(await mean(100));
      assert.ok(wanted(before, after), `${before} streams in a step at first, ${after} later`);
    });
});
