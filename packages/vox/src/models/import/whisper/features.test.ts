import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WavDecoder } from '@vox-speech/audio';
import { writeModel } from '../onnx/index.js';
import { logMel } from '../testing/log-mel.js';
import { onnxRuntime, type Session, type Value } from '../testing/onnxruntime.js';
import { writeTinyWhisper } from '../testing/whisper.js';
import { buildFeatures, FEWEST_SAMPLES } from './features.js';
import { importWhisper } from './index.js';
import { melBank } from './mel-bank.js';

/** Whisper can't tell apart what is closer. */
const CLOSE = 1e-3;
const JFK = fileURLToPath(new URL('../../../../../../../shared/audio/jfk.wav', import.meta.url));

/** Tones from 90 Hz to 7.4 kHz, each a tenth of the one before, and noise. */
function tones(length: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length }, (_, i) => {
    // A linear congruence (Numerical Recipes): the same noise every time.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const noise = (state / 2 ** 31 - 1) / 2000;
    return 0.3 * Math.sin(i * 0.035) + 0.03 * Math.sin(i * 0.7) + 0.003 * Math.sin(i * 2.9) + noise;
  });
}

function largestDifference(values: Float32Array, expected: Float64Array): number {
  assert.equal(values.length, expected.length);
  // NaN is as far away as can be.
  return values.reduce((most, value, i) => {
    const difference = Math.abs(value - (expected[i] ?? 0));
    return difference <= most ? most : difference;
  }, 0);
}

test('the bank is the one that Whisper comes with', () => {
  const hertz = Array.from({ length: 201 }, (_, i) => i * 40);
  const bank = melBank(80, hertz, 8000);
  // The first row of mel_filters.npz: band 0 at 0, 40 and 80 Hz, and band 1 at 40 Hz.
  const [zero, forty, eighty] = [bank[0], bank[80], bank[160]];
  assert.equal(zero, 0);
  assert.ok(Math.abs((forty ?? 0) - 0.02486259) < 1e-7, `${forty}`);
  assert.equal(eighty, 0);
  for (const bands of [80, 128]) {
    const ends = melBank(bands, [0, 8000], 8000);
    assert.ok(
      ends.every((share) => share < 1e-12),
      'no band has the first or the last frequency',
    );
  }
});

describe('features', { skip: onnxRuntime === undefined && 'no onnxruntime-node' }, () => {
  let root = '';
  const sessions = new Map<number, Session>();
  const run = async (session: Session | undefined, input: string, value: Float32Array, dims: number[]) => {
    assert.ok(session !== undefined && onnxRuntime !== undefined);
    return await session.run({ [input]: new onnxRuntime.Tensor('float32', value, dims) });
  };
  const load = async (path: string): Promise<Session> => {
    assert.ok(onnxRuntime !== undefined);
    return await onnxRuntime.InferenceSession.create(path);
  };
  const featuresOf = async (samples: Float32Array, mels: number): Promise<Value> => {
    const { mel } = await run(sessions.get(mels), 'samples', samples, [samples.length]);
    assert.ok(mel !== undefined);
    assert.deepEqual(mel.dims, [1, mels, Math.floor(samples.length / 160)]);
    return mel;
  };
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'vox-features-'));
    for (const mels of [80, 128]) {
      const path = join(root, `${mels}.onnx`);
      await writeModel(path, buildFeatures(mels));
      sessions.set(mels, await load(path));
    }
  });
  after(() => rm(root, { recursive: true, force: true }));

  // Whole hops, and all but one sample of another.
  for (const mels of [80, 128])
    for (const length of [FEWEST_SAMPLES, 1600, 8159, 16_123])
      test(`${mels} bands of ${length} samples are what the definition says`, async () => {
        const samples = tones(length);
        const { data } = await featuresOf(samples, mels);
        const off = largestDifference(data, logMel(samples, mels));
        assert.ok(off < CLOSE, `${off}`);
      });

  test('a loud tone beside nothing at all: the faintest is 8 powers of ten below', async () => {
    const samples = Float32Array.from({ length: 8000 }, (_, i) => (i < 4000 ? 0.9 * Math.sin(i / 20) : 0));
    const { data } = await featuresOf(samples, 80);
    assert.ok(largestDifference(data, logMel(samples, 80)) < CLOSE);
    assert.ok(Math.abs(Math.max(...data) - Math.min(...data) - 2) < 1e-6);
  });

  test('silence is as faint as can be, and nothing that is no number', async () => {
    const { data } = await featuresOf(new Float32Array(3200), 80);
    for (const value of data) assert.ok(Math.abs(value + 1.5) < 1e-6, `${value}`);
  });

  test('fewer samples than a mirror needs are refused', async () => {
    await assert.rejects(featuresOf(tones(FEWEST_SAMPLES - 1), 80), /reflect/);
  });

  test('recorded speech', { skip: !existsSync(JFK) && '../shared/audio is not there' }, async () => {
    const samples = new WavDecoder().push(await readFile(JFK));
    for (const mels of [80, 128]) {
      const { data } = await featuresOf(samples, mels);
      const off = largestDifference(data, logMel(samples, mels));
      assert.ok(off < CLOSE, `${mels} bands: ${off}`);
    }
  });

  for (const mels of [80, 128])
    test(`${mels} bands: the imported encoder takes them as they are`, async () => {
      const output = join(root, `tiny-${mels}`);
      await mkdir(output);
      const files = await writeTinyWhisper(output, { text: 'a', multilingual: false, mels });
      await importWhisper({ files, output, name: 'tiny.en' });
      const features = await load(join(output, 'features.onnx'));
      const encoder = await load(join(output, 'encoder.int8.onnx'));
      const samples = tones(16_000);
      const { mel } = await run(features, 'samples', samples, [samples.length]);
      assert.ok(mel !== undefined);
      assert.deepEqual(mel.data, (await featuresOf(samples, mels)).data);

      const frames = mel.data.length / mels;
      const zeros = 1000;
      const padded = new Float32Array(mels * (frames + zeros));
      for (let band = 0; band < mels; band++)
        padded.set(mel.data.subarray(band * frames, (band + 1) * frames), band * (frames + zeros));
      const bare = await run(encoder, 'mel', mel.data, [1, mels, frames]);
      const withZeros = await run(encoder, 'mel', padded, [1, mels, frames + zeros]);
      for (const name of ['n_layer_cross_k', 'n_layer_cross_v']) {
        const [one, other] = [bare[name], withZeros[name]];
        assert.ok(one?.data.every(Number.isFinite));
        assert.deepEqual(one?.dims, other?.dims);
        assert.deepEqual(one?.data, other?.data);
      }
    });
});
