/** Small graphs for the tests, written as ONNX files. Fields: onnx.proto of the ONNX project. */
import { type ElementType, TYPE_CODES } from './tensor.js';

/** A graph's input or output; a string is a size that may be any. */
export interface Port {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The bytes of a model file. */
export function onnxFile(
  nodes: readonly Node[],
  inputs: readonly Port[],
  outputs: readonly Port[],
  metadata: Readonly<Record<string, string>> = {},
): Buffer {
  const graph = [
    ...nodes.map((node) =>
      part(1, [
        ...node.inputs.map((name) => part(1, name)),
        ...node.outputs.map((name) => part(2, name)),
        part(4, node.operator),
      ]),
    ),
    part(2, 'graph'),
    ...inputs.map((port) => part(11, portOf(port))),
    ...outputs.map((port) => part(12, portOf(port))),
  ];
  return Buffer.concat([
    // The format's version, and the operators'.
    whole(1, 8),
    part(8, [part(1, ''), whole(2, 17)]),
    part(7, graph),
    ...Object.entries(metadata).map(([key, value]) => part(14, [part(1, key), part(2, value)])),
  ]);
}

function portOf({ name, type, shape }: Port): Buffer[] {
  const sizes = shape.map((size) => part(1, [typeof size === 'number' ? whole(1, size) : part(2, size)]));
  return [part(1, name), part(2, [part(1, [whole(1, TYPE_CODES[type]), part(2, sizes)])])];
}

/** A field that is a text or a message. */
function part(field: number, payload: string | readonly Buffer[]): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : Buffer.concat(payload);
  return Buffer.concat([varying((field << 3) | 2), varying(bytes.length), bytes]);
}

function whole(field: number, value: number): Buffer {
  return Buffer.concat([varying(field << 3), varying(value)]);
}

/** Seven bits a byte, the lowest first. */
function varying(value: number): Buffer {
  return value < 128
    ? Buffer.of(value)
    : Buffer.concat([Buffer.of((value % 128) | 128), varying(Math.floor(value / 128))]);
}
