/** 8-bit weights by the real library: by how much the numbers differ, and from what they don't. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { onnxRuntime } from '../testing/onnxruntime.js';
import { INPUTS, type Kind, OUTPUTS, productGraph, randomRows, weightsOf } from './eight-bit.test.support.js';
import { bytesOf, inspectModel, SEVEN_BITS, writeEightBit, writeModel } from './index.js';

const skip = onnxRuntime === undefined && 'onnxruntime-node is not installed';

describe('products of 8 bits', { skip }, () => {
  let root = '';
  let count = 0;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'vox-eight-bit-'));
  });
  after(() => rm(root, { recursive: true, force: true }));
  /** The same graph in floats and in 8 bits. */
  const both = async (kind: Kind): Promise<readonly [string, string]> => {
    const [source, target] = [join(root, `${count++}.onnx`), join(root, `${count++}.onnx`)];
    await writeModel(source, productGraph(kind));
    await writeEightBit(source, target);
    return [source, target];
  };
  const run = async (file: string, x: Float32Array, dims: readonly number[]): Promise<Float32Array> => {
    assert.ok(onnxRuntime);
    const session = await onnxRuntime.InferenceSession.create(file);
    const { y } = await session.run({ x: new onnxRuntime.Tensor('float32', x, dims) });
    assert.ok(y);
    return y.data;
  };
  const peakOf = (values: Float32Array): number => Math.max(...values.map(Math.abs));

  for (const type of ['float32', 'float16'] as const)
    for (const operatorSet of [13, 18])
      test(`${type}, operator set ${operatorSet}: no further off than rounding allows`, async () => {
        const [source, target] = await both({ type, operatorSet });
        const { operators } = await inspectModel(target);
        assert.ok(operators.includes('MatMulIntegerToFloat') && !operators.includes('MatMul'));
        const weights = weightsOf(type);
        const rows = 12;
        const x = randomRows(rows);
        const [wanted, made] = await Promise.all(
          [source, target].map((file) => run(file, x, [3, 4, INPUTS])),
        );
        let off = 0;
        for (let at = 0; at < rows * OUTPUTS; at++) {
          const row = Math.floor(at / OUTPUTS);
          const values = x.subarray(row * INPUTS, (row + 1) * INPUTS);
          const channel = values.map((_, input) => weights[input * OUTPUTS + (at % OUTPUTS)] ?? 0);
          const [step, weightStep] = [peakOf(values) / 127, peakOf(channel) / SEVEN_BITS];
          // Each value is off by half its step, times its weight; each weight by half of its own, times its value as it was rounded.
          let bound = 0;
          for (let input = 0; input < INPUTS; input++)
            bound +=
              (step * Math.abs(channel[input] ?? 0) +
                weightStep * (Math.abs(values[input] ?? 0) + step / 2)) /
              2;
          const exact = wanted?.[at] ?? Number.NaN;
          const error = Math.abs((made?.[at] ?? Number.NaN) - exact);
          // Half floats round what comes in and out to 11 bits; sums of floats are not exact either.
          const rounding = type === 'float16' ? 2 ** -10 * Math.abs(exact) + 1e-7 : 0;
          assert.ok(error <= bound * 1.01 + rounding, `${at}: ${error}, ${bound}`);
          off = Math.max(off, error);
        }
        // They are not the float's own numbers.
        assert.ok(off > 0);
      });

  test('a row is answered bit for bit the same, whatever else is in its batch', async () => {
    for (const type of ['float32', 'float16'] as const) {
      const [, target] = await both({ type });
      const x = randomRows(64);
      const together = await run(target, x, [16, 4, INPUTS]);
      for (let first = 0, size = 1; first < 64; first += size, size = Math.min(1 + (first % 5), 64 - first)) {
        const alone = await run(target, x.slice(first * INPUTS, (first + size) * INPUTS), [1, size, INPUTS]);
        const same = together.slice(first * OUTPUTS, (first + size) * OUTPUTS);
        assert.deepEqual(bytesOf(alone), bytesOf(same), `${type}, ${size} from ${first}`);
      }
    }
  });
});
