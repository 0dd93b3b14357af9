import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { EIGHT_BITS, quantizeRow, rowScale, SEVEN_BITS, type Tensor } from '../onnx/index.js';
import { ct2Floats, writeCt2 } from '../testing/ct2.js';
import { Ct2Model } from './ct2-reader.js';
import { type QuantizeOptions, quantizeTransposed } from './quantize.js';
import { smoothingFactors } from './smoothing.js';

const OUTPUTS = 131;
const INPUTS = 67;
/** Rows of very different size, the third of zeros. */
const WEIGHTS = Float32Array.from({ length: OUTPUTS * INPUTS }, (_, i) => {
  const row = Math.floor(i / INPUTS);
  return row === 2 ? 0 : Math.sin(i * 1.7) * 2 ** ((row % 9) - 4);
});

async function bytes(tensor: Tensor): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of tensor.chunks()) parts.push(Uint8Array.from(chunk));
  return Buffer.concat(parts);
}

describe('int8 per output channel', () => {
  let root = '';
  let model: Ct2Model;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'vox-quantize-'));
    await writeCt2(join(root, 'model.bin'), {
      w: ct2Floats(WEIGHTS, [OUTPUTS, INPUTS]),
      'n/gamma': ct2Floats([4, 1, 0.25, 0]),
      'n/beta': ct2Floats([0, 0, 0, 0]),
    });
    model = await Ct2Model.open(join(root, 'model.bin'));
  });
  after(async () => {
    await model.close();
    await rm(root, { recursive: true, force: true });
  });

  /** The weights as the graph sees them: [output][input], back in floats. */
  const quantized = async (options: QuantizeOptions, first = 0, count = OUTPUTS) => {
    const { values, scales } = quantizeTransposed(model, { name: 'w', first, count }, options);
    assert.deepEqual(values.dims, [INPUTS, count]);
    const q = new Int8Array(await bytes(values));
    const scaleBytes = await bytes(scales);
    const s = Float32Array.from({ length: count }, (_, i) => scaleBytes.readFloatLE(4 * i));
    return {
      q,
      s,
      at: (output: number, input: number) => (q[input * count + output] ?? 0) * (s[output] ?? 0),
    };
  };

  for (const largest of [EIGHT_BITS, SEVEN_BITS])
    test(`every weight is within half a step of itself (±${largest})`, async () => {
      const { q, s, at } = await quantized({ largest });
      assert.equal(Math.max(...q), largest);
      assert.equal(Math.min(...q), -largest);
      for (let output = 0; output < OUTPUTS; output++)
        for (let input = 0; input < INPUTS; input++) {
          const exact = WEIGHTS[output * INPUTS + input] ?? 0;
          const step = s[output] ?? 0;
          assert.ok(Math.abs(at(output, input) - exact) <= step * 0.5001, `${output},${input}`);
        }
    });

  test('a share of the rows is those rows', async () => {
    const whole = await quantized({});
    const part = await quantized({}, 100, 31);
    for (const [output, input] of [
      [0, 0],
      [30, 66],
      [7, 13],
    ] as const)
      assert.equal(part.at(output, input), whole.at(100 + output, input));
  });

  test('factors of outputs and inputs multiply', async () => {
    const plain = await quantized({});
    const half = await quantized({ factor: 0.5 });
    assert.deepEqual(half.q, plain.q);
    assert.equal(half.at(5, 5), plain.at(5, 5) / 2);
    const factors = Float32Array.from({ length: INPUTS }, (_, i) => 1 + (i % 5));
    const smoothed = await quantized({ inputFactors: async () => factors });
    for (let input = 0; input < INPUTS; input++) {
      const exact = (WEIGHTS[INPUTS + input] ?? 0) * (factors[input] ?? 0);
      assert.ok(Math.abs(smoothed.at(1, input) - exact) <= (smoothed.s[1] ?? 0) * 0.5001);
    }
  });

  test('scales can be asked for before the values', async () => {
    const { scales } = quantizeTransposed(model, { name: 'w', first: 0, count: 1 });
    assert.equal((await bytes(scales)).readFloatLE(), rowScale(WEIGHTS, 0, INPUTS, EIGHT_BITS));
  });

  test('halves round to even, as numpy rounds them', () => {
    const target = new Int8Array(6);
    quantizeRow(Float32Array.of(0.5, 1.5, 2.5, -0.5, -1.5, -2.5), 0, 6, 1, target, 0);
    assert.deepEqual([...target], [0, 2, 2, 0, -2, -2]);
  });

  test('smoothing evens channels out by the square root of their gain, and is bounded', async () => {
    const [large = 0, middle = 0, small = 0, none = 0] = await smoothingFactors(model, 'n');
    assert.ok(Math.abs(large / middle - 2) < 1e-5);
    assert.ok(Math.abs(middle / small - 2) < 1e-5);
    assert.ok(none > 0 && none >= 0.001);
  });
});
