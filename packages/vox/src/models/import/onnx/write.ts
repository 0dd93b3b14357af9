/**
 * Writes a graph as an ONNX file. Weights are asked for one at a time while the file grows, so the peak of memory
 * is the largest piece that one tensor's `chunks` makes, not the model.
 * Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import type { Attribute, GraphBuilder, GraphNode, GraphValue } from './graph.js';
import { bytesField, concatenate, floatField, integerField, lengthPrefix, stringField } from './protobuf.js';
import { type ConstantField, Sink, type WriteOptions } from './sink.js';
import { byteLength, DATA_TYPES, type Tensor } from './tensor.js';

/** AttributeProto.AttributeType. */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;

function attribute(name: string, value: Attribute): Uint8Array {
  const head = stringField(1, name);
  if (typeof value === 'number')
    return concatenate([head, integerField(3, value), integerField(20, ATTRIBUTE_TYPE.int)]);
  if (typeof value === 'string')
    return concatenate([head, stringField(4, value), integerField(20, ATTRIBUTE_TYPE.string)]);
  if ('float' in value)
    return concatenate([head, floatField(2, value.float), integerField(20, ATTRIBUTE_TYPE.float)]);
  return concatenate([head, ...value.map((v) => integerField(8, v)), integerField(20, ATTRIBUTE_TYPE.ints)]);
}

/** A node as a field of its graph. */
export function nodeField(value: GraphNode): Uint8Array {
  const message = concatenate([
    ...value.inputs.map((name) => stringField(1, name)),
    ...value.outputs.map((name) => stringField(2, name)),
    stringField(3, value.name),
    stringField(4, value.operator),
    ...Object.entries(value.attributes).map(([name, v]) => bytesField(5, attribute(name, v))),
    ...(value.domain === '' ? [] : [stringField(7, value.domain)]),
  ]);
  return bytesField(1, message);
}

function valueInfo(value: GraphValue): Uint8Array {
  const dims = value.dims.map((dim) =>
    bytesField(1, typeof dim === 'number' ? integerField(1, dim) : stringField(2, dim)),
  );
  const tensorType = concatenate([
    integerField(1, DATA_TYPES[value.type].code),
    bytesField(2, concatenate(dims)),
  ]);
  return concatenate([stringField(1, value.name), bytesField(2, bytesField(1, tensorType))]);
}

/** Constants as fields of their graph. */
export function constantFields(constants: ReadonlyMap<string, Tensor>): ConstantField[] {
  return Array.from(constants, ([name, tensor]) => constantField(name, tensor));
}

function constantField(name: string, tensor: Tensor): ConstantField {
  const raw = byteLength(tensor);
  const message = concatenate([
    ...tensor.dims.map((dim) => integerField(1, dim)),
    integerField(2, DATA_TYPES[tensor.type].code),
    stringField(8, name),
    lengthPrefix(9, raw),
  ]);
  const head = concatenate([lengthPrefix(5, message.length + raw), message]);
  return { name, tensor, head, total: head.length + raw };
}

/** A set of operators, as a field of a model. */
export function operatorSetField(domain: string, version: number): Uint8Array {
  return bytesField(8, concatenate([stringField(1, domain), integerField(2, version)]));
}

/** `metadata_props` of a model: one field 14 per entry. */
export function metadataFields(metadata: Iterable<readonly [string, string | number]>): Uint8Array {
  return concatenate(
    Array.from(metadata, ([key, value]) =>
      bytesField(14, concatenate([stringField(1, key), stringField(2, String(value))])),
    ),
  );
}

interface Layout {
  /** Everything up to the constants. */
  readonly head: Uint8Array;
  readonly constants: readonly ConstantField[];
  /** Everything after the constants. */
  readonly tail: Uint8Array;
  /** Length of the file in bytes. */
  readonly total: number;
}

/** All bytes of the file but the constants' own, which are known by their shapes. */
function layOut(graph: GraphBuilder): Layout {
  const constants = constantFields(graph.constants);
  const constantsLength = constants.reduce((sum, { total }) => sum + total, 0);
  const before = concatenate([...graph.nodes.map(nodeField), stringField(2, graph.name)]);
  const after = concatenate([
    ...graph.inputs.map((v) => bytesField(11, valueInfo(v))),
    ...graph.outputs.map((v) => bytesField(12, valueInfo(v))),
  ]);
  const graphLength = before.length + constantsLength + after.length;
  const head = concatenate([
    integerField(1, graph.irVersion),
    stringField(2, 'vox'),
    lengthPrefix(7, graphLength),
    before,
  ]);
  const operatorSets = Array.from(graph.operatorSets, ([domain, version]) =>
    operatorSetField(domain, version),
  );
  const tail = concatenate([after, ...operatorSets, metadataFields(graph.metadata)]);
  return { head, constants, tail, total: head.length + constantsLength + tail.length };
}

/** Bytes of the file that `writeModel` would write. */
export function modelLength(graph: GraphBuilder): number {
  return layOut(graph).total;
}

/**
 * Writes the graph to a new file at `path` and returns its size in bytes. Rejects with the signal's reason when
 * aborted, and with a RangeError when a tensor's chunks are not as long as its type and shape say.
 */
export async function writeModel(
  path: string,
  graph: GraphBuilder,
  options: WriteOptions = {},
): Promise<number> {
  const { head, constants, tail, total } = layOut(graph);
  await Sink.fill(path, total, options, async (sink) => {
    await sink.put(head);
    for (const constant of constants) await sink.constant(constant);
    await sink.put(tail);
  });
  return total;
}
