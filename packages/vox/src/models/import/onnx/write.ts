/**
 * Writes a graph as an ONNX file. Weights are asked for one at a time while the file grows, so the peak of memory
 * is the largest piece that one tensor's `chunks` makes, not the model.
 * Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { Attribute, GraphBuilder, GraphNode, GraphValue } from './graph.js';
import { bytesField, concatenate, floatField, integerField, lengthPrefix, stringField } from './protobuf.js';
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

function node(value: GraphNode): Uint8Array {
  return concatenate([
    ...value.inputs.map((name) => stringField(1, name)),
    ...value.outputs.map((name) => stringField(2, name)),
    stringField(3, value.name),
    stringField(4, value.operator),
    ...Object.entries(value.attributes).map(([name, v]) => bytesField(5, attribute(name, v))),
    ...(value.domain === '' ? [] : [stringField(7, value.domain)]),
  ]);
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

/** Everything of a TensorProto but its raw bytes, which follow; `total` is the length of the whole message. */
function tensorHead(name: string, tensor: Tensor): { head: Uint8Array; total: number } {
  const raw = byteLength(tensor);
  const head = concatenate([
    ...tensor.dims.map((dim) => integerField(1, dim)),
    integerField(2, DATA_TYPES[tensor.type].code),
    stringField(8, name),
    lengthPrefix(9, raw),
  ]);
  return { head, total: head.length + raw };
}

/** `metadata_props` of a model: one field 14 per entry. */
export function metadataFields(metadata: Iterable<readonly [string, string]>): Uint8Array {
  return concatenate(
    Array.from(metadata, ([key, value]) =>
      bytesField(14, concatenate([stringField(1, key), stringField(2, value)])),
    ),
  );
}

/** Writes all of the bytes at the file's end. */
export async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) done += (await file.write(bytes, done)).bytesWritten;
}

export interface WriteOptions {
  readonly signal?: AbortSignal;
  /** Bytes written so far and in all; called about once a megabyte, and at the end. */
  readonly onProgress?: (written: number, total: number) => void;
}

/** Small pieces are collected up to this many bytes before they go to the file. */
const FLUSH_BYTES = 1 << 20;

interface Layout {
  /** Everything up to the constants. */
  readonly head: Uint8Array;
  readonly constants: readonly {
    readonly name: string;
    readonly tensor: Tensor;
    readonly head: Uint8Array;
  }[];
  /** Everything after the constants. */
  readonly tail: Uint8Array;
  /** Length of the file in bytes. */
  readonly total: number;
}

/** All bytes of the file but the constants' own, which are known by their shapes. */
function layOut(graph: GraphBuilder): Layout {
  let constantsLength = 0;
  const constants = Array.from(graph.constants, ([name, tensor]) => {
    const { head, total } = tensorHead(name, tensor);
    const prefix = lengthPrefix(5, total);
    constantsLength += prefix.length + total;
    return { name, tensor, head: concatenate([prefix, head]) };
  });
  const before = concatenate([...graph.nodes.map((n) => bytesField(1, node(n))), stringField(2, graph.name)]);
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
    bytesField(8, concatenate([stringField(1, domain), integerField(2, version)])),
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
  const file = await open(path, 'wx');
  try {
    let written = 0;
    let pending: Uint8Array[] = [];
    let pendingBytes = 0;
    const send = async (bytes: Uint8Array): Promise<void> => {
      options.signal?.throwIfAborted();
      await writeAll(file, bytes);
      written += bytes.length;
      options.onProgress?.(written, total);
    };
    const flush = async (): Promise<void> => {
      await send(concatenate(pending));
      pending = [];
      pendingBytes = 0;
    };
    const put = async (bytes: Uint8Array): Promise<void> => {
      if (bytes.length >= FLUSH_BYTES) {
        await flush();
        await send(bytes);
        return;
      }
      // Copied, because a producer may fill the same buffer again for its next piece.
      pending.push(Uint8Array.from(bytes));
      pendingBytes += bytes.length;
      if (pendingBytes >= FLUSH_BYTES) await flush();
    };
    await put(head);
    for (const constant of constants) {
      await put(constant.head);
      const expected = byteLength(constant.tensor);
      let got = 0;
      for await (const chunk of constant.tensor.chunks()) {
        got += chunk.length;
        if (got > expected) break;
        await put(chunk);
      }
      if (got !== expected)
        throw new RangeError(`constant ${constant.name}: ${got} bytes made, its shape needs ${expected}`);
    }
    await put(tail);
    await flush();
    return total;
  } finally {
    await file.close();
  }
}
