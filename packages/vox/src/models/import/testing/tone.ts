/**
 * A deterministic model with the inputs, outputs and metadata of T-one, the streaming recogniser of Russian telephone speech, whose
 * weights no package registry carries. It stands in for them where wiring, timing, batching and load are tested, and
 * proves nothing about how well the real one understands.
 *
 * The mean of each frame of 30 ms says a label: 100 a label, in 16-bit samples. Audio can so be made that says a text.
 * Silence is blank, as it is to the real one; the first letter, which would be silence, is said one above the last label.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOf, floats, GraphBuilder, type Tensor, writeModel } from '../onnx/index.js';

/** Labels of the published model: letters, the space, the blank. */
const LETTERS = [...'абвгдеёжзийклмнопрстуфхцчшщъыьэюя'];
const SPACE = LETTERS.length;
const BLANK = SPACE + 1;
const LABELS = BLANK + 1;
/** The published model: chunks of 300 ms at 8 kHz, ten answers each. */
const CHUNK_SAMPLES = 2400;
const FRAMES = 10;
const STATE = 219_729;
/** 16-bit sample values a label. */
const STEP = 100;
/** Of the load: inner width of a layer, and by how much its middle is wider. */
const WIDTH = 1024;
const WIDENING = 4;
/** Layers at which the fixture has 67 million parameters, about as many as the published model (71). */
export const HEAVY_LAYERS = 8;
/** A language model of words, in ARPA: it knows `мой дом`. */
export const SEARCH_WORDS = [
  '\\data\\\nngram 1=5\nngram 2=1\n\n\\1-grams:',
  '-1\t</s>',
  '-99\t<s>\t-0.3',
  '-3\t<unk>',
  '-1\tмой\t-0.2',
  '-1\tдом',
  '\n\\2-grams:',
  '-0.2\tмой дом\n\n\\end\\\n',
].join('\n');
const SHARPNESS = 10;
/** Version of the operators in which `ReduceMean` still takes its axes as an attribute. */
const OPERATORS = 13;

/** Ms that one label is: two frames of it, then one of blank, so that a letter can come twice. */
export const LETTER_MS = 90;
const FRAME_MS = 30;

/**
 * Writes model.onnx and tokens.txt into a folder that is there; the weights are made while they are written.
 * @param layers layers of 8.4 million random parameters each that cost time and change nothing: 0 = light, `HEAVY_LAYERS` = heavy
 * @param sharpness natural log by which each label is less likely than the one before it, away from what is said
 */
export async function writeTone(directory: string, layers = 0, sharpness = SHARPNESS): Promise<void> {
  const table = [...LETTERS, ' ', '<blk>'].map((token, id) => `${token} ${id}\n`);
  await writeFile(join(directory, 'tokens.txt'), table.join(''));
  await writeToneGraph(
    directory,
    { layers, sharpness },
    {
      model_type: 't-one',
      sample_rate: '8000',
      frame_length_ms: '300',
      state_dim: String(STATE),
      language: 'Russian',
      version: '1',
    },
  );
}

/** Writes model.onnx and vocab.json as T-one itself is published: without metadata. `layers`: as in `writeTone`. */
export async function writePublishedTone(directory: string, layers = 0): Promise<void> {
  const entries = [...LETTERS, '|', '[PAD]'].map((token, id) => [token, id] as const);
  await writeFile(join(directory, 'vocab.json'), JSON.stringify(Object.fromEntries(entries)));
  await writeToneGraph(directory, { layers, sharpness: SHARPNESS }, {});
}

async function writeToneGraph(
  directory: string,
  { layers, sharpness }: { readonly layers: number; readonly sharpness: number },
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const graph = new GraphBuilder('tone', OPERATORS);
  const signal = graph.input('signal', 'int32', ['B', CHUNK_SAMPLES, 1]);
  const state = graph.input('state', 'float16', ['B', STATE]);
  const shape = graph.integers(-1, FRAMES, CHUNK_SAMPLES / FRAMES);
  const frames = graph.node('Reshape', [graph.cast(signal, 'float32'), shape]);
  const said = graph.node('Div', [meanOfLast(graph, frames), number(graph, STEP)]);
  const below = graph.node('Less', [said, number(graph, 0.5)]);
  const above = graph.node('Greater', [said, number(graph, BLANK + 0.5)]);
  const letter = graph.node('Where', [above, number(graph, 0), said]);
  const silent = graph.node('Where', [below, number(graph, BLANK), letter]);
  const label = layers > 0 ? graph.node('Add', [silent, burden(graph, frames, layers)]) : silent;
  const labels = graph.constant('labels', floats(Array.from({ length: LABELS }, (_, at) => at)));
  const away = graph.node('Abs', [graph.node('Sub', [label, labels])]);
  graph.node('Mul', [away, number(graph, -sharpness)], { outputs: ['logprobs'] });
  graph.node('Identity', [state], { outputs: ['state_next'] });
  graph.output('logprobs', 'float32', ['B', FRAMES, LABELS]);
  graph.output('state_next', 'float16', ['B', STATE]);
  for (const [key, value] of Object.entries(metadata)) graph.metadata.set(key, value);
  await writeModel(join(directory, 'model.onnx'), graph);
}

/** What the layers make of the frames, times nought. */
function burden(graph: GraphBuilder, frames: string, layers: number): string {
  let seed = 0;
  const random = (name: string, rows: number, columns: number): string =>
    graph.constant(name, randoms(++seed, [rows, columns]));
  let value = graph.node('MatMul', [frames, random('in', CHUNK_SAMPLES / FRAMES, WIDTH)]);
  for (let layer = 0; layer < layers; layer++) {
    const wide = graph.node('MatMul', [value, random(`up${layer}`, WIDTH, WIDENING * WIDTH)]);
    const kept = graph.node('Relu', [wide]);
    value = graph.node('MatMul', [kept, random(`down${layer}`, WIDENING * WIDTH, WIDTH)]);
  }
  return graph.node('Mul', [meanOfLast(graph, value), number(graph, 0)]);
}

/** Floats of at most 0.0173 (a deviation of 0.01), the same for a seed; a row at a time. */
function randoms(seed: number, dims: readonly [rows: number, columns: number]): Tensor {
  const [rows, columns] = dims;
  return {
    type: 'float32',
    dims,
    *chunks() {
      let state = seed;
      const row = new Float32Array(columns);
      for (let at = 0; at < rows; at++) {
        for (let column = 0; column < columns; column++) {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          row[column] = (state / 2 ** 31 - 1) * 0.0173;
        }
        yield bytesOf(row);
      }
    },
  };
}

function number(graph: GraphBuilder, value: number): string {
  return graph.constant(`number(${value})`, floats([value]));
}

function meanOfLast(graph: GraphBuilder, value: string): string {
  return graph.node('ReduceMean', [value], { attributes: { axes: [2], keepdims: 1 } });
}

/**
 * Samples in [-1, 1] in which the fixture hears a text of lower-case Russian letters and single spaces, `LETTER_MS` a letter.
 * It must begin at a multiple of 30 ms of its stream. Throws RangeError for another character.
 * @param sampleRate Hz
 */
export function toneSpeech(text: string, sampleRate: number): Float32Array {
  const frame = (sampleRate * FRAME_MS) / 1000;
  const characters = [...text];
  const samples = new Float32Array(3 * frame * characters.length).fill((BLANK * STEP) / 32_768);
  characters.forEach((character, at) => {
    const label = character === ' ' ? SPACE : LETTERS.indexOf(character);
    if (label < 0) throw new RangeError(`the fixture can't say '${character}'`);
    const value = label === 0 ? LABELS : label;
    samples.fill((value * STEP) / 32_768, 3 * frame * at, 3 * frame * at + 2 * frame);
  });
  return samples;
}
