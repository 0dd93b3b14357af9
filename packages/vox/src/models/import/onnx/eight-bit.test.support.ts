/** Graphs with weights that 8 bits can take the place of. */
import { bytesOf, floats, GraphBuilder, type Tensor, toFloats } from './index.js';

export const INPUTS = 67;
export const OUTPUTS = 35;
/** [INPUTS, OUTPUTS]: columns of very different size, the third of zeros. */
export const WEIGHTS = Float32Array.from({ length: INPUTS * OUTPUTS }, (_, at) => {
  const column = at % OUTPUTS;
  return column === 2 ? 0 : Math.sin(at * 1.7) * 2 ** ((column % 9) - 4);
});

export interface Kind {
  readonly type?: 'float32' | 'float16';
  readonly operatorSet?: number;
}

/** A half float, by its bits: those of the float for which it has room; too small a number is 0. */
export function halfBits(value: number): number {
  const [bits = 0] = new Uint32Array(Float32Array.of(value).buffer);
  const exponent = ((bits >>> 23) & 255) - 112;
  if (exponent <= 0) return 0;
  return ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 1023);
}

/** The weights as a graph of this type has them. */
export function weightsOf(type: Kind['type']): Float32Array {
  return type === 'float16' ? toFloats(bytesOf(Uint16Array.from(WEIGHTS, halfBits)), type) : WEIGHTS;
}

function weightTensor(type: Kind['type']): Tensor {
  if (type !== 'float16') return floats(WEIGHTS, [INPUTS, OUTPUTS]);
  return { type, dims: [INPUTS, OUTPUTS], chunks: () => [bytesOf(Uint16Array.from(WEIGHTS, halfBits))] };
}

/** y [N, T, OUTPUTS] = x [N, T, INPUTS] × w; x and y are float32 ones, whatever the product is made in. */
export function productGraph({ type = 'float32', operatorSet = 13 }: Kind = {}): GraphBuilder {
  const graph = new GraphBuilder('g', operatorSet);
  const given = graph.input('x', 'float32', ['N', 'T', INPUTS]);
  const x = type === 'float32' ? given : graph.cast(given, type);
  const made = graph.node('MatMul', [x, graph.constant('w', weightTensor(type))]);
  graph.node('Cast', [made], { attributes: { to: 1 }, outputs: ['y'] });
  graph.output('y', 'float32', ['N', 'T', OUTPUTS]);
  return graph;
}

/** Rows whose sizes differ by a thousand, and some of zeros. */
export function randomRows(count: number): Float32Array {
  return Float32Array.from({ length: count * INPUTS }, (_, at) => {
    const row = Math.floor(at / INPUTS);
    return row % 7 === 3 ? 0 : Math.sin(at * 12.9898) * 10 ** ((row % 4) - 2);
  });
}
