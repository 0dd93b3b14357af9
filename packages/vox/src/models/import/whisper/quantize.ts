/**
 * Symmetric int8 per output channel: q = round(w / s), s = max|w| / 127 of each channel, zero point 0; the same numbers
 * that onnxruntime's `quantize_dynamic(per_channel=True, weight_type=QInt8)` makes.
 */
import type { Tensor } from '../onnx/index.js';
import { bytesOf } from '../onnx/index.js';
import type { Ct2Model } from './ct2-reader.js';

/** Rows are read in blocks of about this many values, so that the floats of a large tensor are never all in memory. */
const BLOCK_VALUES = 1 << 20;

const LARGEST = 127;

/** A slice of rows of a weight matrix; row r of it makes output channel r. */
export interface WeightRows {
  readonly name: string;
  readonly first: number;
  readonly count: number;
}

/** Largest magnitude over 127 of one row; 1 for a row of zeros, so that nothing is divided by zero. */
export function rowScale(values: Float32Array, start: number, length: number): number {
  let largest = 0;
  for (let i = start; i < start + length; i++) {
    const magnitude = Math.abs(values[i] ?? 0);
    if (magnitude > largest) largest = magnitude;
  }
  return largest === 0 ? 1 : Math.fround(largest / LARGEST);
}

/** Rounds half to even, as IEEE 754 and numpy do. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** `values[start..]` over `scale`, rounded and held within ±127. */
export function quantizeRow(
  values: Float32Array,
  start: number,
  length: number,
  scale: number,
  target: Int8Array,
  targetStart: number,
): void {
  for (let i = 0; i < length; i++) {
    const q = roundHalfEven(Math.fround((values[start + i] ?? 0) / scale));
    target[targetStart + i] = Math.min(LARGEST, Math.max(-LARGEST, q));
  }
}

/** A weight matrix [output, input] as an int8 tensor [input, output] with a scale for each output. */
export interface QuantizedWeight {
  /** int8 [input, output]. */
  readonly values: Tensor;
  /** float32 [output]. */
  readonly scales: Tensor;
}

/**
 * Quantises rows of a weight when the tensors are written: the int8 values, transposed, are in memory then and the floats a
 * block at a time. `factor` multiplies the scales (exactly what multiplying the outputs would do).
 */
export function quantizeTransposed(model: Ct2Model, rows: WeightRows, factor = 1): QuantizedWeight {
  const inputs = model.rowLength(rows.name);
  const blockRows = Math.max(1, Math.floor(BLOCK_VALUES / inputs));
  let scales: Float32Array | undefined;

  const quantize = async (target: Int8Array | undefined): Promise<Float32Array> => {
    const result = new Float32Array(rows.count);
    const line = new Int8Array(blockRows * inputs);
    for (let first = 0; first < rows.count; first += blockRows) {
      const count = Math.min(blockRows, rows.count - first);
      const values = await model.rows(rows.name, rows.first + first, count);
      for (let row = 0; row < count; row++) {
        const scale = rowScale(values, row * inputs, inputs);
        result[first + row] = scale * factor;
        if (target !== undefined) quantizeRow(values, row * inputs, inputs, scale, line, row * inputs);
      }
      if (target !== undefined) transposeInto(line, count, inputs, target, rows.count, first);
    }
    return result;
  };

  return {
    values: {
      type: 'int8',
      dims: [inputs, rows.count],
      async *chunks() {
        const target = new Int8Array(inputs * rows.count);
        scales = await quantize(target);
        yield bytesOf(target);
      },
    },
    scales: {
      type: 'float32',
      dims: [rows.count],
      async *chunks() {
        scales ??= await quantize(undefined);
        yield bytesOf(scales);
      },
    },
  };
}

/** Edge of the square tiles in which a matrix is turned, so that both sides stay in the processor's cache. */
const TILE = 64;

/** Writes `source` [count, inputs] as columns `first` to `first + count - 1` of `target` [inputs, columns]. */
function transposeInto(
  source: Int8Array,
  count: number,
  inputs: number,
  target: Int8Array,
  columns: number,
  first: number,
): void {
  for (let rowTile = 0; rowTile < count; rowTile += TILE) {
    const rowEnd = Math.min(count, rowTile + TILE);
    for (let inputTile = 0; inputTile < inputs; inputTile += TILE) {
      const inputEnd = Math.min(inputs, inputTile + TILE);
      for (let input = inputTile; input < inputEnd; input++) {
        const base = input * columns + first;
        for (let row = rowTile; row < rowEnd; row++) target[base + row] = source[row * inputs + input] ?? 0;
      }
    }
  }
}
