/**
 * A structural Pocket: the recording's level travels through the voice's embedding and the language model's state to the
 * sound, which is as long as the text.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeWav } from '@vox-speech/audio';
import { floats } from '../../onnx/index.js';
import {
  choose,
  filled,
  meanOver,
  named,
  number,
  reshape,
  sizeOf,
  slice,
  writeGraph,
} from './graphs.test.support.js';

/** Sizes of the published model that the library takes for granted. */
const LATENT = 32;
const EMBEDDING = 1024;
/** Samples of one step. */
const FRAME = 1920;
/** Marks a text's embedding; a voice's has its level there. */
const TEXT = -1;

/** A WAV of 100 ms of one level's square wave. @param level its amplitude, 0 to 1 */
function tone(level: number): Uint8Array {
  const samples = Float32Array.from({ length: 2400 }, (_, at) => Math.sign(Math.sin(at / 20)) * level);
  return encodeWav(samples, 24_000, 's16');
}

export async function writePocket(directory: string): Promise<void> {
  const tokens = ['▁', ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,!?'].concat(
    Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
  );
  await writeFile(
    join(directory, 'vocab.json'),
    JSON.stringify(Object.fromEntries(tokens.map((token, id) => [token, id]))),
  );
  await writeFile(
    join(directory, 'token_scores.json'),
    JSON.stringify(Object.fromEntries(tokens.map((token) => [token, -1]))),
  );
  await mkdir(join(directory, 'test_wavs'), { recursive: true });
  await writeFile(join(directory, 'test_wavs', 'bria.wav'), tone(0.2));
  await writeFile(join(directory, 'test_wavs', 'loud.wav'), tone(0.6));
  await writeFile(join(directory, 'test_wavs', 'not-a.wav'), '<html>');
  await writeGraph(directory, 'encoder.onnx', (graph) => {
    const audio = graph.input('audio', 'float32', ['B', 1, 'S']);
    const level = meanOver(graph, graph.node('Abs', [audio]), 2);
    graph.node('Expand', [level, graph.integers(1, 1, EMBEDDING)], { outputs: ['latents'] });
    graph.output('latents', 'float32', ['B', 'T', EMBEDDING]);
  });
  await writeGraph(directory, 'text_conditioner.onnx', (graph) => {
    const ids = graph.cast(graph.input('token_ids', 'int64', ['B', 'T']), 'float32');
    const zero = graph.node('Mul', [reshape(graph, ids, 1, -1, 1), number(graph, 0)]);
    const row = graph.constant('text', filled(TEXT, 1, 1, EMBEDDING));
    graph.node('Add', [zero, row], { outputs: ['embeddings'] });
    graph.output('embeddings', 'float32', ['B', 'T', EMBEDDING]);
  });
  // The state is what it was told: the voice's level, how many tokens the text has and how many steps were made.
  await writeGraph(directory, 'lm_main.int8.onnx', (graph) => {
    const sequence = graph.input('sequence', 'float32', ['B', 'S', LATENT]);
    const told = graph.input('text_embeddings', 'float32', ['B', 'T', EMBEDDING]);
    const state = graph.input('state_0', 'float32', [1, 3]);
    const pad = graph.constant('pad', filled(0, 1, 1, 1));
    const marks = graph.node('Concat', [slice(graph, told, 2, { end: 1 }), pad], { attributes: { axis: 1 } });
    const reduce = (operator: string, value: string): string =>
      graph.node(operator, [value], { attributes: { axes: [1], keepdims: 1 } });
    const level = reshape(graph, reduce('ReduceMax', marks), 1, 1);
    const isText = graph.cast(graph.node('Less', [marks, number(graph, TEXT / 2)]), 'float32');
    const letters = reshape(graph, graph.node('ReduceSum', [isText, graph.integers(1)]), 1, 1);
    const steps = reshape(graph, graph.cast(sizeOf(graph, sequence, 1), 'float32'), 1, 1);
    const added = graph.node('Concat', [level, letters, steps], { attributes: { axis: 1 } });
    const next = graph.node('Add', [state, added], { outputs: ['state_0_next'] });
    const at = (index: number): string => slice(graph, next, 1, { start: index, end: index + 1 });
    graph.node('Expand', [reshape(graph, at(0), 1, 1), graph.integers(1, EMBEDDING)], {
      outputs: ['conditioning'],
    });
    const over = choose(graph, graph.node('Sub', [at(2), at(1)]), number(graph, 0), number(graph, -10));
    named(graph, reshape(graph, over, 1, 1), 'eos_logit');
    graph.output('conditioning', 'float32', ['B', EMBEDDING]);
    graph.output('eos_logit', 'float32', ['B', 1]);
    graph.output('state_0_next', 'float32', [1, 3]);
  });
  await writeGraph(directory, 'lm_flow.int8.onnx', (graph) => {
    const condition = slice(graph, graph.input('c', 'float32', ['B', EMBEDDING]), 1, { end: 1 });
    const progress = graph.input('s', 'float32', ['B', 1]);
    graph.input('t', 'float32', ['B', 1]);
    const x = graph.input('x', 'float32', ['B', LATENT]);
    // A straight line from the noise to the level, however many steps it is gone in.
    const left = graph.node('Sub', [number(graph, 1), progress]);
    graph.node('Div', [graph.node('Sub', [condition, x]), left], { outputs: ['flow'] });
    graph.output('flow', 'float32', ['B', LATENT]);
  });
  await writeGraph(directory, 'decoder.int8.onnx', (graph) => {
    const latent = graph.input('latent', 'float32', ['B', 'T', LATENT]);
    const state = graph.input('state_0', 'float32', [1]);
    named(graph, state, 'state_0_next');
    const level = slice(graph, latent, 2, { end: 1 });
    const frames = graph.node('Mul', [
      level,
      graph.constant('frame', floats(new Float32Array(FRAME).fill(1))),
    ]);
    named(graph, reshape(graph, frames, 1, 1, -1), 'audio');
    graph.output('audio', 'float32', ['B', 1, 'S']);
    graph.output('state_0_next', 'float32', [1]);
  });
}
