import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { onnxRuntime, type Value } from '../testing/onnxruntime.js';
import { writeTinyWhisper } from '../testing/whisper.js';
import { importWhisper } from './index.js';

/** Sizes of the tiny checkpoint. */
const MELS = 80;
const HEAD_SIZE = 32;
const WINDOW = 1500;
/** What the encoder makes of silence: so many positions near the sound, and one for so many behind them. */
const NEAR = 6;
const COUNT = 12;

/** Features that are nowhere silent, [mels, frames], and zeros behind them. */
function features(frames: number, zeros: number): Float32Array {
  const values = new Float32Array(MELS * (frames + zeros));
  for (let mel = 0; mel < MELS; mel++)
    for (let frame = 0; frame < frames; frame++)
      values[mel * (frames + zeros) + frame] = Math.sin(mel + frame / 7) / 2 - 0.6;
  return values;
}

describe('the silence behind the audio', { skip: onnxRuntime === undefined && 'no onnxruntime-node' }, () => {
  let root = '';
  let encode: (frames: number, zeros: number) => Promise<{ keys: Value; values: Value }>;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'vox-silence-'));
    const output = join(root, 'out');
    await mkdir(output);
    const files = await writeTinyWhisper(root, { text: 'a', multilingual: false, mels: MELS });
    await importWhisper({ files, output, name: 'tiny.en' });
    assert.ok(onnxRuntime !== undefined);
    const { InferenceSession, Tensor } = onnxRuntime;
    const session = await InferenceSession.create(join(output, 'encoder.int8.onnx'));
    encode = async (frames, zeros) => {
      const mel = new Tensor('float32', features(frames, zeros), [1, MELS, frames + zeros]);
      const { n_layer_cross_k: keys, n_layer_cross_v: values } = await session.run({ mel });
      assert.ok(keys !== undefined && values !== undefined);
      return { keys, values };
    };
  });
  after(() => rm(root, { recursive: true, force: true }));

  for (const frames of [100, 301, 2950])
    test(`${frames} frames of 10 ms: every position of the window is counted once`, async () => {
      const { keys, values } = await encode(frames, 20);
      const audio = Math.ceil(frames / 2);
      const positions = keys.dims.at(-1) ?? 0;
      assert.equal(keys.dims.at(-2), HEAD_SIZE + 1);
      assert.equal(values.dims.at(-2), positions);
      // The last number of the first head's key is the logarithm of its count.
      const counts = keys.data
        .subarray(HEAD_SIZE * positions, (HEAD_SIZE + 1) * positions)
        .map((logarithm) => Math.round(Math.exp(logarithm)));
      assert.deepEqual([...counts.subarray(0, audio + NEAR)], Array(audio + NEAR).fill(1));
      assert.deepEqual([...new Set(counts.subarray(audio + NEAR))], [COUNT]);
      const counted = counts.reduce((sum, count) => sum + count, 0);
      assert.ok(Math.abs(counted - WINDOW) < COUNT, `${counted} positions`);
    });

  test('it makes no difference how many zeros the engine puts behind the audio', async () => {
    const [one, other] = [await encode(200, 0), await encode(200, 1000)];
    assert.deepEqual(other.keys.dims, one.keys.dims);
    assert.deepEqual(other.values.data, one.values.data);
  });
});
