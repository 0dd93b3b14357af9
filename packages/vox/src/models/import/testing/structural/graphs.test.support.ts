/**
 * Parts of structural models: graphs with the inputs, outputs and metadata of a published model and next to no weights.
 * They stand in for weights that no package registry carries, where loading and wiring are tested. They prove nothing about
 * what the real weights understand or how they sound.
 *
 * The recognisers hear beeps: each beep is the next word of a fixed text, so that what is said, how much of it and when
 * depends on the audio.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { floats, GraphBuilder, integers, type Tensor, writeModel } from '../../onnx/index.js';

/** Version of the operators; `ReduceMean` still takes its axes as an attribute in it. */
const OPERATORS = 17;

/** Writes one graph; `describe` adds its nodes, inputs, outputs and metadata. */
export async function writeGraph(
  directory: string,
  name: string,
  describe: (graph: GraphBuilder) => void,
): Promise<void> {
  const graph = new GraphBuilder(name, OPERATORS);
  describe(graph);
  await mkdir(dirname(join(directory, name)), { recursive: true });
  await writeModel(join(directory, name), graph);
}

/** Writes a token table: each token by its place. */
export async function writeTokens(directory: string, tokens: readonly string[]): Promise<void> {
  await writeFile(join(directory, 'tokens.txt'), tokens.map((token, id) => `${token} ${id}\n`).join(''));
}

/** A constant float, of any shape that it is broadcast to. */
export function number(graph: GraphBuilder, value: number): string {
  return graph.constant(`number(${value})`, floats([value]));
}

/** Constants 0, 1, ... as floats. */
export function counting(graph: GraphBuilder, count: number): string {
  return graph.constant(`counting(${count})`, floats(Array.from({ length: count }, (_, at) => at)));
}

/** Values from `start` up to `end` in steps along one axis. */
export function slice(
  graph: GraphBuilder,
  value: string,
  axis: number,
  { start = 0, end = 2 ** 31 - 1, step = 1 } = {},
): string {
  return graph.node('Slice', [
    value,
    graph.integers(start),
    graph.integers(end),
    graph.integers(axis),
    graph.integers(step),
  ]);
}

/** The same values in another shape; -1 is whatever remains, 0 what it was. */
export function reshape(graph: GraphBuilder, value: string, ...dims: number[]): string {
  return graph.node('Reshape', [value, graph.integers(...dims)]);
}

/** The size of one axis, as a list of one 64-bit integer. */
export function sizeOf(graph: GraphBuilder, value: string, axis: number): string {
  return graph.node('Gather', [graph.node('Shape', [value]), graph.integers(axis)], {
    attributes: { axis: 0 },
  });
}

/** Mean over one axis, which stays as one. */
export function meanOver(graph: GraphBuilder, value: string, axis: number): string {
  return graph.node('ReduceMean', [value], { attributes: { axes: [axis], keepdims: 1 } });
}

/**
 * The number of the beep that begins at a frame, from 1 on, and 0 elsewhere.
 * @param loudness [1, frames]; a beep is what lies above the threshold
 */
export function beepNumbers(graph: GraphBuilder, loudness: string, threshold: number): string {
  const loud = graph.cast(graph.node('Greater', [loudness, number(graph, threshold)]), 'float32');
  const silence = graph.constant('silence', floats([0], [1, 1]));
  const before = graph.node('Concat', [silence, slice(graph, loud, 1, { end: -1 })], {
    attributes: { axis: 1 },
  });
  const begins = graph.node('Relu', [graph.node('Sub', [loud, before])]);
  const axis = graph.constant('along', integers([1], []));
  return graph.node('Mul', [graph.node('CumSum', [begins, axis]), begins]);
}

/** How many beeps there were: the largest of their numbers, over all axes, as [1, 1]. */
export function beepCount(graph: GraphBuilder, numbers: string): string {
  const flat = reshape(graph, numbers, 1, -1);
  return graph.node('ReduceMax', [flat], { attributes: { axes: [1], keepdims: 1 } });
}

/** Logits whose largest is at `target`. @param target floats whose last axis is one */
export function logitsAt(graph: GraphBuilder, target: string, size: number): string {
  return graph.node('Neg', [graph.node('Abs', [graph.node('Sub', [target, counting(graph, size)])])]);
}

/** `condition ? yes : no`, of floats; the condition holds above a half. */
export function choose(graph: GraphBuilder, condition: string, yes: string, no: string): string {
  return graph.node('Where', [graph.node('Greater', [condition, number(graph, 0.5)]), yes, no]);
}

/** A value given back under the name of an output. */
export function named(graph: GraphBuilder, value: string, name: string): void {
  graph.node('Identity', [value], { outputs: [name] });
}

export function setMetadata(graph: GraphBuilder, entries: Readonly<Record<string, string | number>>): void {
  for (const [key, value] of Object.entries(entries)) graph.metadata.set(key, String(value));
}

/** A tensor of one float everywhere. */
export function filled(value: number, ...dims: number[]): Tensor {
  return floats(new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(value), dims);
}
