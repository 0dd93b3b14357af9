/** The network is a stand-in here, whose answer is the first sample of a window: its runs can be counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Native, Session, Tensor } from '../native.js';
import { Detector, hearAhead } from './detector.js';
import { INPUT, SpeechNetwork } from './network.js';
import { SpeechRules, WINDOW } from './rules.js';

function standInNetwork(inputs = ['input', 'state', 'sr']) {
  const runs: number[] = [];
  const open = { sessions: 0 };
  class StandInTensor implements Tensor {
    readonly type: string;
    readonly data: Tensor['data'];
    readonly dims: readonly number[];
    constructor(type: string, data: Tensor['data'], dims: readonly number[]) {
      this.type = type;
      this.data = data;
      this.dims = dims;
    }
  }
  class StandInSession implements Session {
    readonly inputMetadata = inputs.map((name) => ({ name, shape: [] }));
    readonly outputMetadata = ['output', 'stateN'].map((name) => ({ name, shape: [] }));
    loadModel(): void {
      open.sessions++;
    }
    /** The state counts the windows of its stream, so that one that went astray would be seen. */
    run({ input, state }: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>> {
      const sound = input?.data as Float32Array;
      const before = state?.data as Float32Array;
      const count = sound.length / INPUT;
      runs.push(count);
      const likely = new Float32Array(count).map((_, at) => sound[at * INPUT] ?? 0);
      const after = before.map((value) => value + 1);
      for (let at = 0; at < count; at++)
        assert.equal(before[at * 128], before[(count + at) * 128], 'both layers are of one stream');
      return {
        output: new StandInTensor('float32', likely, [count, 1]),
        stateN: new StandInTensor('float32', after, [2, count, 128]),
      };
    }
    dispose(): void {
      open.sessions--;
    }
  }
  const native = { Session: StandInSession, Tensor: StandInTensor } as unknown as Native;
  const load = () => SpeechNetwork.load(native, 'silero_vad.onnx');
  return { load, runs, open };
}

/** Windows as likely as said, one after another. */
const sound = (...likely: number[]): Float32Array =>
  Float32Array.from(likely.flatMap((one) => Array.from({ length: WINDOW }, () => one)));

const talk = sound(...Array(4).fill(0), ...Array(9).fill(0.9), ...Array(12).fill(0), ...Array(6).fill(0.9));

test('pieces of any size give the same stretches, ahead or not', () => {
  const { load, runs } = standInNetwork();
  const network = load();
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

test('those who have a window are heard in one run, the others when they have one', () => {
  const { load, runs } = standInNetwork();
  const network = load();
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

test('what was heard ahead is forgotten with `reset`; a closed one hears nothing', () => {
  const { load } = standInNetwork();
  const network = load();
  const detector = new Detector(network, new SpeechRules());
  hearAhead(network, [{ detector, samples: sound(...Array(9).fill(0.9)) }]);
  detector.reset();
  detector.accept(sound(...Array(9).fill(0)));
  assert.equal(detector.openSince(), undefined);
  detector.close();
  assert.throws(() => detector.accept(sound(0)), /closed/);
});

test('another network is refused, and given back', () => {
  const { load, open } = standInNetwork(['input', 'sr', 'h', 'c']);
  assert.throws(load, /no 'state'/);
  assert.equal(open.sessions, 0);
});
