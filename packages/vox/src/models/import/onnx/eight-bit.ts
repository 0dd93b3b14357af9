/**
 * Gives an ONNX file 8-bit weights: every MatMul whose right side is a constant matrix of floats is replaced (`eight-bit-nodes.ts`
 * says by what), but for those in the branches of an `If` and the like. All else is copied byte for byte, so that what is not known
 * here stays as it is.
 */
import { open } from 'node:fs/promises';
import { VoxError } from '@vox-speech/contract';
import { broken, Cursor, varints } from './cursor.js';
import { EightBitNodes } from './eight-bit-nodes.js';
import { toFloats } from './floats.js';
import { type ModelConstant, type ModelNode, type Outline, type Place, readOutline } from './outline.js';
import { concatenate, lengthPrefix } from './protobuf.js';
import { quantizeColumns, SEVEN_BITS } from './quantize.js';
import { Sink, type WriteOptions } from './sink.js';
import { bytesOf, DATA_TYPES } from './tensor.js';
import { constantFields, metadataFields, nodeField, operatorSetField } from './write.js';

/** The first in which a QuantizeLinear has scales along an axis. */
const OLDEST_OPERATORS = 13;
/** The sum of more products could pass 32 bits. */
const MOST_INPUTS = Math.floor((2 ** 31 - 1) / (255 * SEVEN_BITS));

export interface EightBitOptions extends WriteOptions {
  /** Added to the file's own. */
  readonly metadata?: Readonly<Record<string, string | number>>;
}

/** A MatMul that is to be replaced. */
interface Product {
  readonly node: ModelNode;
  readonly weight: Weight;
}

interface Weight {
  readonly constant: ModelConstant;
  readonly dims: readonly [inputs: number, outputs: number];
  readonly type: 'float32' | 'float16';
}

/**
 * Writes `source` with 8-bit weights to a new file `target`. The floats of one weight at a time are in memory.
 * Rejects with the signal's reason when aborted, and with VoxError `model_broken` where the file is no whole ONNX file, has weights
 * in another file or operators that are too old, or has no MatMul that could be replaced. What was written until then stays.
 */
export async function writeEightBit(
  source: string,
  target: string,
  options: EightBitOptions = {},
): Promise<void> {
  const file = await open(source, 'r');
  try {
    const cursor = new Cursor(file, source);
    const { size } = await file.stat();
    const outline = await readOutline(cursor, source, size);
    const operatorSet = outline.operatorSets.get('') ?? outline.operatorSets.get('ai.onnx') ?? 0;
    if (operatorSet < OLDEST_OPERATORS)
      throw unfit(source, `8-bit rows need operator set ${OLDEST_OPERATORS} or newer, it has ${operatorSet}`);
    if (constantsOf(outline).some(({ stored }) => stored === 'elsewhere'))
      throw unfit(source, 'some of its weights lie in another file');
    const products = productsOf(outline);
    if (products.size === 0)
      throw unfit(source, 'no MatMul in it has a constant matrix of floats on its right side');
    const made = new EightBitNodes(operatorSet, unusedPrefix(outline));
    const edits = editsOf(outline, products, made, (weight) => readWeight(cursor, source, weight));
    await write(cursor, target, { outline, size, edits, made }, options);
  } finally {
    await file.close();
  }
}

/** The graph's own, and what its `Constant` nodes hold. */
function constantsOf({ constants, nodes }: Outline): ModelConstant[] {
  return [...constants.map(({ constant }) => constant), ...nodes.flatMap(({ node }) => node.constant ?? [])];
}

/** By the place of their nodes. */
function productsOf(outline: Outline): Map<Place, Product> {
  const weights = new Map<string, Weight>();
  for (const constant of constantsOf(outline)) {
    const weight = asWeight(constant);
    // A constant that is an input too is only what stands in for one that is not given.
    if (weight !== undefined && !outline.inputs.includes(constant.name)) weights.set(constant.name, weight);
  }
  return new Map(
    outline.nodes.flatMap((place) => {
      const { node } = place;
      const weight = weights.get(node.inputs[1] ?? '');
      const standard = node.domain === '' || node.domain === 'ai.onnx';
      return node.operator === 'MatMul' && standard && weight !== undefined
        ? [[place, { node, weight }]]
        : [];
    }),
  );
}

/** undefined where 8 bits can't take its place. */
function asWeight(constant: ModelConstant): Weight | undefined {
  const { dims, typeCode, stored } = constant;
  const [inputs = 0, outputs = 0] = dims;
  const type = (['float32', 'float16'] as const).find((name) => DATA_TYPES[name].code === typeCode);
  if (type === undefined || dims.length !== 2 || inputs < 1 || outputs < 1 || inputs > MOST_INPUTS) return;
  if (stored === 'elsewhere' || stored === 'otherwise') return;
  return { constant, dims: [inputs, outputs], type };
}

/** With what no name of the file begins. */
function unusedPrefix({ nodes, constants, inputs }: Outline): string {
  const names = [
    ...inputs,
    ...constants.map(({ constant }) => constant.name),
    ...nodes.flatMap(({ node }) => [...node.inputs, ...node.outputs, ...node.inner]),
  ];
  let prefix = 'eight-bit/';
  while (names.some((name) => name.startsWith(prefix))) prefix = `_${prefix}`;
  return prefix;
}

/** What stands in the place of a field of the graph; nothing, where it is left out. */
type Edits = ReadonlyMap<Place, Uint8Array>;

function editsOf(
  { nodes, constants, outputs }: Outline,
  products: ReadonlyMap<Place, Product>,
  made: EightBitNodes,
  read: (weight: Weight) => Promise<Float32Array>,
): Edits {
  const edits = new Map<Place, Uint8Array>();
  for (const [place, { node, weight }] of products) {
    const { constant, dims, type } = weight;
    const { values, scales } = quantizeColumns(() => read(weight), dims, SEVEN_BITS);
    const before = made.graph.nodes.length;
    made.multiply({
      input: node.inputs[0] ?? '',
      output: node.outputs[0] ?? '',
      weights: {
        values: made.constant(`${constant.name}/values`, values),
        scales: made.constant(`${constant.name}/scales`, scales),
      },
      length: dims[0],
      type,
    });
    edits.set(place, concatenate(made.graph.nodes.slice(before).map(nodeField)));
  }
  // A weight that something else reads too stays.
  const needed = new Set(outputs);
  for (const place of nodes) {
    const read = products.has(place) ? place.node.inputs.slice(0, 1) : place.node.inputs;
    for (const name of [...read, ...place.node.inner]) needed.add(name);
  }
  const replaced = new Set(Array.from(products.values(), ({ weight }) => weight.constant.name));
  const nothing = new Uint8Array();
  for (const place of constants) if (isOver(place.constant.name)) edits.set(place, nothing);
  for (const place of nodes)
    if (place.node.constant !== undefined && isOver(place.node.constant.name)) edits.set(place, nothing);
  return edits;

  function isOver(name: string): boolean {
    return replaced.has(name) && !needed.has(name);
  }
}

async function readWeight(cursor: Cursor, path: string, weight: Weight): Promise<Float32Array> {
  const { name, offset, byteLength, stored } = weight.constant;
  const [inputs, outputs] = weight.dims;
  const bytes = await cursor.read(offset, byteLength);
  // Half floats that are no raw bytes are their bits, a varint each.
  const numbers = stored === 'varints' ? bytesOf(Uint16Array.from(varints(bytes))) : bytes;
  if (numbers.length !== inputs * outputs * DATA_TYPES[weight.type].bytes)
    throw broken(path, `constant ${name} has ${numbers.length} bytes, not those of ${inputs} x ${outputs}`);
  const values = toFloats(numbers, weight.type);
  // As 8 bits they would be 0, and nobody would see that something is wrong.
  if (!values.every(Number.isFinite)) throw unfit(path, `constant ${name} has numbers that are not finite`);
  return values;
}

interface Plan {
  readonly outline: Outline;
  /** Of the source, in bytes. */
  readonly size: number;
  readonly edits: Edits;
  readonly made: EightBitNodes;
}

async function write(
  source: Cursor,
  path: string,
  { outline, size, edits, made }: Plan,
  options: EightBitOptions,
): Promise<void> {
  const { graph } = outline;
  const constants = constantFields(made.graph.constants);
  const places = Array.from(edits.keys()).sort((a, b) => a.from - b.from);
  let graphLength = graph.end - graph.start;
  for (const [{ from, end }, bytes] of edits) graphLength += bytes.length - (end - from);
  for (const { total } of constants) graphLength += total;
  const prefix = lengthPrefix(7, graphLength);
  // The standard set is there, by one of its two names.
  const sets = Array.from(made.graph.operatorSets).filter(
    ([domain]) => domain !== '' && !outline.operatorSets.has(domain),
  );
  const tail = concatenate([
    ...sets.map(([domain, version]) => operatorSetField(domain, version)),
    metadataFields(Object.entries(options.metadata ?? {})),
  ]);
  const total = graph.from + prefix.length + graphLength + (size - graph.end) + tail.length;
  await Sink.fill(path, total, options, async (sink) => {
    await sink.copy(source, 0, graph.from);
    await sink.put(prefix);
    let at = graph.start;
    for (const place of places) {
      await sink.copy(source, at, place.from);
      await sink.put(edits.get(place) ?? new Uint8Array());
      at = place.end;
    }
    await sink.copy(source, at, graph.end);
    for (const constant of constants) await sink.constant(constant);
    await sink.copy(source, graph.end, size);
    await sink.put(tail);
  });
}

function unfit(path: string, what: string): VoxError {
  return new VoxError('model_broken', `${path} can't have 8-bit weights: ${what}`);
}
