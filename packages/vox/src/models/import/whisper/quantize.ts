/** CTranslate2's weights, quantised as they are read: it has them as [output, input], the graphs want them the other way round. */
import { bytesOf, EIGHT_BITS, type QuantizedWeight, quantizeRow, rowScale } from '../onnx/index.js';
import type { Ct2Model } from './ct2-reader.js';

/** Rows are read in blocks of about this many values, so that the floats of a large tensor are never all in memory. */
const BLOCK_VALUES = 1 << 20;

/** A slice of rows of a weight matrix; row r of it makes output channel r. */
export interface WeightRows {
  readonly name: string;
  readonly first: number;
  readonly count: number;
}

export interface QuantizeOptions {
  /** Largest quantised number; 127 when absent. */
  readonly largest?: number;
  /** Multiplies the scales, which is exactly what multiplying the outputs would be. */
  readonly factor?: number;
  /** A factor for each input, by which the weights that read it are multiplied first. */
  readonly inputFactors?: () => Promise<Float32Array>;
}

/**
 * Quantises rows of a weight when the tensors are written: the int8 values, transposed, are in memory then and the floats a
 * block at a time.
 */
export function quantizeTransposed(
  model: Ct2Model,
  rows: WeightRows,
  options: QuantizeOptions = {},
): QuantizedWeight {
  const largest = options.largest ?? EIGHT_BITS;
  const factor = options.factor ?? 1;
  const inputs = model.rowLength(rows.name);
  const blockRows = Math.max(1, Math.floor(BLOCK_VALUES / inputs));
  let scales: Float32Array | undefined;

  const quantize = async (target: Int8Array | undefined): Promise<Float32Array> => {
    const inputFactors = await options.inputFactors?.();
    const result = new Float32Array(rows.count);
    const line = new Int8Array(blockRows * inputs);
    for (let first = 0; first < rows.count; first += blockRows) {
      const count = Math.min(blockRows, rows.count - first);
      const values = await model.rows(rows.name, rows.first + first, count);
      if (inputFactors !== undefined) multiplyRows(values, inputFactors);
      for (let row = 0; row < count; row++) {
        const scale = rowScale(values, row * inputs, inputs, largest);
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

/** Multiplies every row by the factors, in place. */
function multiplyRows(values: Float32Array, factors: Float32Array): void {
  const { length } = factors;
  for (let start = 0; start < values.length; start += length)
    for (let i = 0; i < length; i++) values[start + i] = (values[start + i] ?? 0) * (factors[i] ?? 1);
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
