/**
 * What stands where in an ONNX file: nodes, constants, inputs and outputs, without reading the weights, which are skipped over on
 * disk. Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { broken, type Cursor, type Field, varints } from './cursor.js';

export interface ModelConstant {
  readonly name: string;
  /** TensorProto.DataType. */
  readonly typeCode: number;
  readonly dims: readonly number[];
  /** How its numbers are written: little-endian bytes, floats (the same bytes), a varint each, in another file, or another way. */
  readonly stored: 'raw' | 'floats' | 'varints' | 'elsewhere' | 'otherwise';
  /** Where they lie in the file. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface ModelNode {
  readonly operator: string;
  /** The empty string is the standard one. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** What graphs inside it (the branches of an `If`) read. */
  readonly inner: readonly string[];
  /** What a `Constant` holds, where that is a tensor. */
  readonly constant: ModelConstant | undefined;
}

/** A field of the graph, tag and all. */
export interface Place {
  readonly from: number;
  readonly end: number;
}

export interface Outline {
  readonly irVersion: number;
  /** By domain. */
  readonly operatorSets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly graph: Field;
  /** All in the order of the file. */
  readonly nodes: readonly (Place & { readonly node: ModelNode })[];
  readonly constants: readonly (Place & { readonly constant: ModelConstant })[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Reads a file of `size` bytes. Throws VoxError `model_broken` when it is no ONNX file or ends too early. */
export async function readOutline(cursor: Cursor, path: string, size: number): Promise<Outline> {
  const operatorSets = new Map<string, number>();
  const metadata = new Map<string, string>();
  let graph: Field | undefined;
  let irVersion = 0;
  for await (const field of cursor.fields(0, size)) {
    if (field.number === 1) irVersion = field.value;
    else if (field.number === 8) {
      let version = 0;
      for await (const part of cursor.fields(field.start, field.end))
        if (part.number === 2) version = part.value;
      operatorSets.set(await textOf(cursor, field, 1), version);
    } else if (field.number === 14)
      metadata.set(await textOf(cursor, field, 1), await textOf(cursor, field, 2));
    else if (field.number === 7) {
      // Protobuf would merge them; nobody writes a graph in parts, and half of one must not be taken for all of it.
      if (graph !== undefined) throw broken(path, 'it has a second graph');
      graph = field;
    }
  }
  if (irVersion === 0 || operatorSets.size === 0) throw broken(path, 'it has no version');
  if (graph === undefined) throw broken(path, 'it has no graph');
  return { irVersion, operatorSets, metadata, graph, ...(await readGraph(cursor, graph)) };
}

type GraphOutline = Pick<Outline, 'nodes' | 'constants' | 'inputs' | 'outputs'>;

async function readGraph(cursor: Cursor, graph: Field): Promise<GraphOutline> {
  const nodes: Outline['nodes'][number][] = [];
  const constants: Outline['constants'][number][] = [];
  const inputs: string[] = [];
  const outputs: string[] = [];
  for await (const part of cursor.fields(graph.start, graph.end)) {
    const { number, from, end } = part;
    if (number === 1) nodes.push({ from, end, node: await readNode(cursor, part) });
    else if (number === 5) constants.push({ from, end, constant: await readConstant(cursor, part) });
    else if (number === 11) inputs.push(await textOf(cursor, part, 1));
    else if (number === 12) outputs.push(await textOf(cursor, part, 1));
  }
  return { nodes, constants, inputs, outputs };
}

async function readNode(cursor: Cursor, place: Field): Promise<ModelNode> {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const inner: string[] = [];
  let operator = '';
  let domain = '';
  let constant: ModelConstant | undefined;
  for await (const field of cursor.fields(place.start, place.end)) {
    if (field.number === 1) inputs.push(await cursor.text(field));
    else if (field.number === 2) outputs.push(await cursor.text(field));
    else if (field.number === 4) operator = await cursor.text(field);
    else if (field.number === 7) domain = await cursor.text(field);
    else if (field.number === 5)
      for await (const part of cursor.fields(field.start, field.end)) {
        if (part.number === 5) constant = await readConstant(cursor, part);
        else if (part.number === 6 || part.number === 11) {
          const graph = await readGraph(cursor, part);
          inner.push(...graph.nodes.flatMap(({ node }) => [...node.inputs, ...node.inner]), ...graph.outputs);
        }
      }
  }
  const held = operator === 'Constant' && constant ? { ...constant, name: outputs[0] ?? '' } : undefined;
  return { operator, domain, inputs, outputs, inner, constant: held };
}

/** TensorProto: its fields of numbers, by what they are. */
const STORED: Readonly<Record<number, ModelConstant['stored']>> = {
  4: 'floats',
  5: 'varints',
  9: 'raw',
};
/** `external_data`. */
const EXTERNAL = 13;

async function readConstant(cursor: Cursor, place: Field): Promise<ModelConstant> {
  let name = '';
  let typeCode = 0;
  let stored: ModelConstant['stored'] = 'otherwise';
  let offset = 0;
  let byteLength = 0;
  const dims: number[] = [];
  for await (const field of cursor.fields(place.start, place.end)) {
    const kind = STORED[field.number];
    // Packed or not: the bytes of the field are one varint a dimension either way.
    if (field.number === 1) dims.push(...varints(await cursor.bytes(field.start, field.end - field.start)));
    else if (field.number === 2) typeCode = field.value;
    else if (field.number === 8) name = await cursor.text(field);
    else if (field.number === EXTERNAL) stored = 'elsewhere';
    else if (kind !== undefined) {
      stored = kind;
      offset = field.start;
      byteLength = field.end - field.start;
    }
  }
  return { name, typeCode, dims, stored, offset, byteLength };
}

async function textOf(cursor: Cursor, within: Field, number: number): Promise<string> {
  for await (const field of cursor.fields(within.start, within.end))
    if (field.number === number) return cursor.text(field);
  return '';
}
