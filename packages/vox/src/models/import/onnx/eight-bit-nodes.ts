/**
 * What stands in the place of a MatMul with constant weights: rows of 8 bits, each with a scale of its own, times weights of 8 bits.
 * A scale for a whole tensor, as `DynamicQuantizeLinear` makes it, would make what one stream hears depend on who else is in
 * its batch. A row's own doesn't, nor do the sums, which are whole numbers (decision 0011). A value without rows is an error when the
 * graph runs.
 */
import { GraphBuilder } from './graph.js';
import { DATA_TYPES, scalar, type Tensor } from './tensor.js';

/** The zero point of rows: they are symmetric, and ONNX Runtime's fast kernels take them unsigned. */
const ZERO = 128;
/** Largest magnitude in a row, over its scale. */
const LARGEST = 127;
/** The least scale: a row of zeros is divided by it. */
const TINY = 1e-30;
/** From this set on the axes of a ReduceMax are an input. */
const AXES_AS_INPUT = 18;
const MICROSOFT = 'com.microsoft';

/** Rows of 8 bits and their scales, of the value's own shape. */
interface Rows {
  readonly values: string;
  /** float32, its last dimension 1. */
  readonly scales: string;
}

export interface EightBitProduct {
  readonly input: string;
  readonly output: string;
  /** Names of constants: int8 [inputs, outputs], float32 [outputs]. */
  readonly weights: { readonly values: string; readonly scales: string };
  /** Length of a row of the input. */
  readonly length: number;
  readonly type: 'float32' | 'float16';
}

export class EightBitNodes {
  /** What was made so far: nodes in order, constants, sets of operators. */
  readonly graph: GraphBuilder;
  readonly #axesAsInput: boolean;
  readonly #prefix: string;
  readonly #rows = new Map<string, Rows>();

  /** @param prefix no name of the graph begins with it */
  constructor(operatorSet: number, prefix: string) {
    this.graph = new GraphBuilder('', operatorSet, undefined, prefix);
    this.#axesAsInput = operatorSet >= AXES_AS_INPUT;
    this.#prefix = prefix;
  }

  /** A constant whose name is made of this one. */
  constant(name: string, tensor: Tensor): string {
    return this.graph.constant(`${this.#prefix}${name}`, tensor);
  }

  /** Adds the nodes of one product; values that several products read are quantised once. */
  multiply({ input, output, weights, length, type }: EightBitProduct): void {
    const graph = this.graph;
    const { values, scales } = this.#quantized(input, length, type);
    const one = this.constant('one', scalar(1));
    const zero = this.constant('zero', bytes([ZERO], []));
    const product = graph.node('MatMulIntegerToFloat', [values, weights.values, one, weights.scales, zero], {
      domain: MICROSOFT,
    });
    if (type === 'float32') graph.node('Mul', [product, scales], { outputs: [output] });
    else
      graph.node('Cast', [graph.node('Mul', [product, scales])], {
        attributes: { to: DATA_TYPES.float16.code },
        outputs: [output],
      });
  }

  #quantized(input: string, length: number, type: 'float32' | 'float16'): Rows {
    const known = this.#rows.get(input);
    if (known !== undefined) return known;
    const graph = this.graph;
    const value = type === 'float32' ? input : graph.cast(input, 'float32');
    const peaks = this.#peaks(graph.node('Abs', [value]));
    const share = this.constant('share', scalar(1 / LARGEST));
    const scales = graph.node('Max', [
      graph.node('Mul', [peaks, share]),
      this.constant('tiny', scalar(TINY)),
    ]);
    // An axis with scales of its own must have them in a list: the value as rows, and back.
    const rows = graph.node('Reshape', [value, graph.integers(-1, length)]);
    const list = graph.node('Reshape', [scales, graph.integers(-1)]);
    const zeros = graph.node('Expand', [this.constant('zeros', bytes([ZERO])), graph.node('Shape', [list])]);
    const quantized = graph.node('QuantizeLinear', [rows, list, zeros], { attributes: { axis: 0 } });
    const values = graph.node('Reshape', [quantized, graph.node('Shape', [value])]);
    const made = { values, scales };
    this.#rows.set(input, made);
    return made;
  }

  #peaks(magnitudes: string): string {
    if (this.#axesAsInput)
      return this.graph.node('ReduceMax', [magnitudes, this.graph.integers(-1)], {
        attributes: { keepdims: 1 },
      });
    return this.graph.node('ReduceMax', [magnitudes], { attributes: { axes: [-1], keepdims: 1 } });
  }
}

function bytes(values: readonly number[], dims: readonly number[] = [values.length]): Tensor {
  return { type: 'uint8', dims, chunks: () => [Uint8Array.from(values)] };
}
