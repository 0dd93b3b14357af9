/** The network is a stand-in here, whose answer is the first sample of a window: its runs can be counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Graph, OpenGraph, Slot } from '../runtime/index.js';
import { Detector, hearAhead } from './detector.js';
import { INPUT, Listener, SpeechNetwork } from './network.js';
import { SpeechRules, WINDOW } from './rules.js';

function standInNetwork(inputs = ['input', 'state', 'sr']) {
  const runs: number[] = [];
  const count = { graphs: 0, bound: 0 };
  const slots = (names: string[]): Map<string, Slot> =>
    new Map(names.map((name) => [name, { type: 'float32', shape: [] }]));
  /** The state counts the windows of its stream, so that one that went astray would be seen. */
  const bind: Graph['bind'] = ({ input, state }, { output, stateN }) => {
    count.bound++;
    const [sound, before] = [input?.data, state?.data] as Float32Array[];
    const [likely, after] = [output?.data, stateN?.data] as Float32Array[];
    return {
      runNow: () => {
        const streams = likely?.length ?? 0;
        runs.push(streams);
        likely?.forEach((_, at) => {
          likely[at] = sound?.[at * INPUT] ?? 0;
          assert.equal(before?.[at * 128], before?.[(streams + at) * 128], 'both layers are of one stream');
        });
        after?.set(before?.map((value) => value + 1) ?? []);
      },
      release: () => {
        count.bound--;
      },
    };
  };
  const open: OpenGraph = async () => {
    count.graphs++;
    return {
      inputs: slots(inputs),
      outputs: slots(['output', 'stateN']),
      bind,
      close: () => {
        count.graphs--;
      },
    };
  };
  return { load: () => SpeechNetwork.load(open, 'silero_vad.onnx'), runs, count };
}

/** Windows as likely as said, one after another. */
const sound = (...likely: number[]): Float32Array =>
  Float32Array.from(likely.flatMap((one) => Array.from({ length: WINDOW }, () => one)));

const talk = sound(...Array(4).fill(0), ...Array(9).fill(0.9), ...Array(12).fill(0), ...Array(6).fill(0.9));

test('pieces of any size give the same stretches, ahead or not', async () => {
  const { load, runs } = standInNetwork();
  const network = await load();
  const expected = [
    { start: 4 * WINDOW - 192, end: 18 * WINDOW - 1888 },
    { start: 25 * WINDOW - 192, end: talk.length },
  ];
  for (const size of [1, 320, 512, 5000, talk.length])
    for (const ahead of [false, true]) {
      const one = new Detector(network, new SpeechRules());
      const other = new Detector(network, new SpeechRules());
      const found = [];
      for (let at = 0; at < talk.length; at += size) {
        const samples = talk.subarray(at, at + size);
        if (ahead) {
          hearAhead(network, [
            { detector: one, samples },
            { detector: other, samples: new Float32Array(samples.length) },
          ]);
          runs.length = 0;
          found.push(...one.accept(samples));
          assert.deepEqual(other.accept(new Float32Array(samples.length)), []);
          assert.deepEqual(runs, [], 'all was heard');
        } else found.push(...one.accept(samples));
      }
      found.push(...one.flush());
      assert.deepEqual(found, expected, `${size} ${ahead}`);
    }
});

test('those who have a window are heard in one run, the others when they have one', async () => {
  const { load, runs } = standInNetwork();
  const network = await load();
  const detectors = Array.from({ length: 40 }, () => new Detector(network, new SpeechRules()));
  const of = (...lengths: number[]) =>
    lengths.map((length, at) => ({
      detector: detectors[at] as Detector,
      samples: new Float32Array(length),
    }));
  runs.length = 0;
  hearAhead(network, of(INPUT, INPUT + 2 * WINDOW, 100));
  assert.deepEqual(runs, [2, 1, 1]);
  runs.length = 0;
  // What was heard ahead is accepted in parts, and more than that is heard alone.
  const [, long] = detectors;
  long?.accept(new Float32Array(700));
  assert.deepEqual(runs, []);
  long?.accept(new Float32Array(INPUT + 2 * WINDOW - 700 + WINDOW));
  assert.deepEqual(runs, [1]);
  runs.length = 0;
  for (const one of detectors) one.reset();
  hearAhead(network, of(...Array(40).fill(INPUT)));
  assert.deepEqual(runs, [32, 8]);
});

test('what was heard ahead is forgotten with `reset`; a closed one hears nothing', async () => {
  const { load } = standInNetwork();
  const network = await load();
  const detector = new Detector(network, new SpeechRules());
  hearAhead(network, [{ detector, samples: sound(...Array(9).fill(0.9)) }]);
  detector.reset();
  detector.accept(sound(...Array(9).fill(0)));
  assert.equal(detector.openSince(), undefined);
  detector.close();
  assert.throws(() => detector.accept(sound(0)), /closed/);
});

test('another network is refused, and given back; a closed one gives back its runs too', async () => {
  const { load, count } = standInNetwork(['input', 'sr', 'h', 'c']);
  await assert.rejects(load, /no 'state'/);
  assert.deepEqual(count, { graphs: 0, bound: 0 });
  const good = standInNetwork();
  const network = await good.load();
  network.hear(Array.from({ length: 40 }, () => new Listener()));
  assert.deepEqual(good.count, { graphs: 1, bound: 3 });
  network.close();
  assert.deepEqual(good.count, { graphs: 0, bound: 0 });
});
