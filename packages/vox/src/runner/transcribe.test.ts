import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type DetectorOptions,
  type Model,
  type Segment,
  type TranscribeOptions,
  VoxError,
} from '@vox-speech/contract';
import type { TranscriptSummary } from '../messages/index.js';
import { blocksOf, detector, listener, RATE, STT, sayNumbers } from './fake-model.test-support.js';
import { transcribe } from './transcribe.js';

interface Run {
  segments: Segment[];
  summary: TranscriptSummary;
  detectors: number;
  wishes: readonly (DetectorOptions | undefined)[];
}

async function run(
  model: Model,
  source: AsyncIterable<Float32Array>,
  options: Partial<TranscribeOptions> = {},
  signal = new AbortController().signal,
): Promise<Run> {
  const opened: { closed: boolean }[] = [];
  const wishes: (DetectorOptions | undefined)[] = [];
  const job = transcribe({
    model,
    source,
    options: { task: 'transcribe', words: true, ...options },
    openDetector: async (wish) => {
      wishes.push(wish);
      const made = detector();
      opened.push(made);
      return made;
    },
    signal,
    now: () => 0,
  });
  const segments: Segment[] = [];
  for (;;) {
    const next = await job.next();
    if (!next.done) {
      segments.push(next.value);
      continue;
    }
    assert.ok(
      opened.every((made) => made.closed),
      'detectors are given back',
    );
    return { segments, summary: next.value, detectors: opened.length, wishes };
  }
}

const count = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1);
const heard = ({ segments }: Run): string[] =>
  segments.flatMap((segment) => segment.words?.map((word) => word.text) ?? []);

test('a long recording loses and doubles no word, and times are on its own clock', async () => {
  const numbers = count(200);
  // A sentence every seventh word, a long silence every fortieth.
  const silence = (index: number): number => (index % 40 === 39 ? 5 : index % 7 === 6 ? 0.8 : 0.2);
  const samples = sayNumbers(numbers, silence);
  const result = await run(listener(), blocksOf(samples));
  assert.deepEqual(heard(result), numbers.map(String));
  let at = 0;
  const words = result.segments.flatMap((segment) => segment.words ?? []);
  words.forEach((word, index) => {
    assert.ok(
      Math.abs(word.startMs - at * 1000) <= 2,
      `word ${index} at ${word.startMs}, said at ${at * 1000}`,
    );
    at += 0.4 + silence(index);
  });
  assert.equal(result.summary.durationMs, Math.round((samples.length / RATE) * 1000));
});

test('no window is longer than the model takes, less the padding', async () => {
  const lengths: number[] = [];
  const model = listener(async (pcm) => {
    lengths.push(pcm.samples.length / RATE);
    return undefined;
  });
  await run(model, blocksOf(sayNumbers(count(100))));
  assert.ok(lengths.length > 3);
  for (const length of lengths) assert.ok(length <= 10);
});

test('the language is heard in the first window and kept for the rest', async () => {
  const asked: (string | undefined)[] = [];
  const model = listener(async (_, options) => {
    asked.push(options.language);
    return undefined;
  });
  const { summary } = await run(model, blocksOf(sayNumbers(count(60))));
  assert.equal(asked[0], undefined);
  assert.ok(asked.length > 2 && asked.slice(1).every((language) => language === 'de'));
  assert.equal(summary.language, 'de');
});

test('silence gives an empty transcript without a decode', async () => {
  const model = listener(async () => assert.fail('decoded'));
  const short = await run(model, blocksOf(new Float32Array(3 * RATE)));
  assert.deepEqual([short.segments, short.summary.durationMs, short.detectors], [[], 3000, 0]);
  const long = await run(model, blocksOf(new Float32Array(100 * RATE)));
  assert.deepEqual([long.segments, long.detectors], [[], 1]);
});

test('word times leave only when asked for', async () => {
  const { segments, summary } = await run(listener(), blocksOf(sayNumbers([1, 2, 3])), { words: false });
  assert.equal(segments[0]?.text, '1 2 3');
  assert.equal(segments[0].words, undefined);
  assert.deepEqual(summary.warnings, []);
});

test('a looping decode is redone on shorter windows', async () => {
  const model = listener(async (pcm) =>
    pcm.samples.length > 5 * RATE ? 'go and all '.repeat(60).trim() : undefined,
  );
  const result = await run(model, blocksOf(sayNumbers(count(14))));
  assert.deepEqual(heard(result), count(14).map(String));
});

test('a loop that does not go away is kept as the lesser evil, and ends', async () => {
  let calls = 0;
  const model = listener(async () => {
    calls++;
    return 'so '.repeat(200).trim();
  });
  const { segments } = await run(model, blocksOf(sayNumbers(count(14))));
  assert.ok(segments.length > 0 && calls <= 7, `${calls} decodes`);
});

test('cancel: the caller is free at once and no further window starts', async () => {
  const abort = new AbortController();
  let decodes = 0;
  const model = listener(async (_, __, signal) => {
    if (++decodes < 2) return undefined;
    queueMicrotask(() => abort.abort());
    await new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(new VoxError('cancelled', 'x'))),
    );
    return undefined;
  });
  let closed = false;
  const source = async function* (): AsyncGenerator<Float32Array> {
    try {
      yield* blocksOf(sayNumbers(count(200)));
    } finally {
      closed = true;
    }
  };
  await assert.rejects(
    run(model, source(), {}, abort.signal),
    (error) => VoxError.is(error) && error.code === 'cancelled',
  );
  assert.equal(decodes, 2);
  assert.ok(closed, 'the source is closed');
});

test('reads no further ahead than one window', async () => {
  let read = 0;
  const source = async function* (): AsyncGenerator<Float32Array> {
    for await (const block of blocksOf(sayNumbers(count(400)))) {
      read += block.length / RATE;
      yield block;
    }
  };
  let worst = 0;
  let decoded = 0;
  const model = listener(async (pcm) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    worst = Math.max(worst, read - decoded);
    decoded += pcm.samples.length / RATE;
    return undefined;
  });
  await run(model, source());
  assert.ok(worst < 4 * 13, `${worst} s ahead`);
});

test('an error of the source or the model ends it with that error', async () => {
  const broken = async function* (): AsyncGenerator<Float32Array> {
    yield new Float32Array(RATE);
    throw new VoxError('unsupported_media', 'not audio');
  };
  await assert.rejects(
    run(listener(), broken()),
    (error) => VoxError.is(error) && error.code === 'unsupported_media',
  );
  const failing = listener(() => Promise.reject(new Error('boom')), { ...STT, canTimeWords: false });
  await assert.rejects(run(failing, blocksOf(sayNumbers([1]))), /boom/);
});

test('of several languages the likeliest is told where another one is detected', async () => {
  for (const [languages, wanted] of [
    [
      ['en', 'de'],
      [undefined, 'de'],
    ],
    [
      ['fr', 'en'],
      [undefined, 'fr', 'fr'],
    ],
  ] as const) {
    const asked: (string | undefined)[] = [];
    const model = listener(async (_, options) => {
      asked.push(options.language);
      return undefined;
    });
    const { summary } = await run(model, blocksOf(sayNumbers(count(20))), { languages });
    assert.deepEqual(asked, wanted);
    assert.equal(summary.language, wanted[1]);
  }
});

test('a wish of how speech is told reaches the detector, and what stands before speech', async () => {
  const starts: number[] = [];
  const model = listener(async (pcm) => {
    starts.push(pcm.samples.findIndex((sample) => sample !== 0));
    return undefined;
  });
  const source = () => blocksOf(new Float32Array([...new Float32Array(2 * RATE), ...sayNumbers([1, 2, 3])]));
  const chunking = { threshold: 0.7, silenceMs: 400, prefixMs: 300 };
  const { wishes, segments } = await run(model, source(), { chunking });
  assert.deepEqual(wishes, [chunking]);
  assert.equal(segments[0]?.words?.[0]?.startMs, 2000);
  await run(model, source(), { chunking: { threshold: 0.7 } });
  assert.deepEqual(starts, [0.3 * RATE, 0.8 * RATE]);
});

test('tokens with their probabilities are asked for where the model has them, and go with their sentences', async () => {
  const wanted: (true | undefined)[] = [];
  const model = (canScore: boolean): Model => ({
    ...listener(undefined, canScore ? { ...STT, canScore } : STT),
    async *transcribe(pcm, { scores }) {
      wanted.push(scores);
      const endMs = (pcm.samples.length / RATE) * 1000;
      const words = ['One.', 'Two', 'three.'].map((text, at) => ({
        text,
        startMs: at * 900,
        endMs: at * 900 + 800,
      }));
      const tokens = [' One', '.', ' Two', ' th', 'ree', '.'];
      yield {
        text: 'One. Two three.',
        startMs: 0,
        endMs,
        words,
        ...(scores ? { scores: tokens.map((text, at) => ({ text, logProbability: -1 - at })) } : {}),
      };
    },
  });
  const { segments } = await run(model(true), blocksOf(sayNumbers([1, 2, 3])), { scores: true });
  assert.deepEqual(
    segments.map(({ text, scores }) => [text, scores?.map((score) => score.logProbability)]),
    [
      ['One.', [-1, -2]],
      ['Two three.', [-3, -4, -5, -6]],
    ],
  );
  await run(model(false), blocksOf(sayNumbers([1, 2, 3])), { scores: true });
  assert.deepEqual(wanted, [true, undefined]);
});
