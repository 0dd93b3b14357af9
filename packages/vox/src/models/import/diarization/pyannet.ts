/**
 * pyannote's segmentation 3.0 (Plaquet and Bredin, "Powerset multi-class cross entropy loss for neural speaker
 * diarization", 2023) as an ONNX graph: samples at 16 kHz in, for each 17 ms the log-probability of each set of at most two
 * of three speakers out. Sinc filters (Ravanelli and Bengio 2018), two convolutions, four bidirectional LSTMs.
 */
import { floats, GraphBuilder } from '../onnx/index.js';
import type { Weights } from '../torch/checkpoint.js';
import { FILTER_LENGTH, FILTERS, sincFilters } from './sinc-filters.js';

const CHANNELS = 60;
const HIDDEN = 128;
const LAYERS = 4;
const CLASSES = 7;
const STRIDE = 10;
const OPERATOR_SET = 17;
/** PyTorch's default of LeakyReLU. */
const SLOPE = 0.01;

/** What sherpa-onnx reads from the file; sizes in samples. */
const METADATA = {
  model_type: 'pyannote-segmentation-3.0',
  version: 1,
  sample_rate: 16_000,
  num_speakers: 3,
  powerset_max_classes: 2,
  num_classes: CLASSES,
  window_size: 160_000,
  receptive_field_size: 991,
  receptive_field_shift: 270,
} as const;

/** The graph. Throws VoxError `model_broken` where the weights are another model's. */
export function buildPyannet(weights: Weights): GraphBuilder {
  const graph = new GraphBuilder('pyannote-segmentation', OPERATOR_SET);
  for (const [key, value] of Object.entries(METADATA)) graph.metadata.set(key, String(value));
  const take = (name: string, dims: readonly number[]) =>
    graph.constant(name, floats(weights.take(name, dims).values, dims));
  const normal = (name: string, x: string, channels: number) =>
    graph.node('InstanceNormalization', [
      x,
      take(`${name}.weight`, [channels]),
      take(`${name}.bias`, [channels]),
    ]);
  const soft = (x: string) => graph.node('LeakyRelu', [x], { attributes: { alpha: { float: SLOPE } } });
  const pooled = (x: string) =>
    graph.node('MaxPool', [x], { attributes: { kernel_shape: [3], strides: [3] } });

  const input = graph.input('x', 'float32', ['N', 1, 'T']);
  const filters = graph.constant(
    'sincnet.filters',
    floats(sincFilters(weights), [FILTERS, 1, FILTER_LENGTH]),
  );
  let x = graph.node('Conv', [normal('sincnet.wav_norm1d', input, 1), filters], {
    attributes: { kernel_shape: [FILTER_LENGTH], strides: [STRIDE] },
  });
  x = soft(normal('sincnet.norm1d.0', pooled(graph.node('Abs', [x])), FILTERS));
  for (const [layer, channels] of [
    [1, FILTERS],
    [2, CHANNELS],
  ] as const) {
    const name = `sincnet.conv1d.${layer}`;
    x = graph.node(
      'Conv',
      [x, take(`${name}.weight`, [CHANNELS, channels, 5]), take(`${name}.bias`, [CHANNELS])],
      {
        attributes: { kernel_shape: [5] },
      },
    );
    x = soft(normal(`sincnet.norm1d.${layer}`, pooled(x), CHANNELS));
  }
  x = graph.node('Transpose', [x], { attributes: { perm: [2, 0, 1] } });
  for (let layer = 0; layer < LAYERS; layer++) x = recurrent(graph, weights, x, layer);
  x = graph.node('Transpose', [x], { attributes: { perm: [1, 0, 2] } });
  for (const [layer, inputs] of [2 * HIDDEN, HIDDEN].entries())
    x = soft(linear(graph, weights, `linear.${layer}`, x, HIDDEN, inputs));
  x = linear(graph, weights, 'classifier', x, CLASSES, HIDDEN);
  graph.node('LogSoftmax', [x], { attributes: { axis: -1 }, outputs: ['y'] });
  graph.output('y', 'float32', ['N', 'F', CLASSES]);
  return graph;
}

function linear(
  graph: GraphBuilder,
  weights: Weights,
  name: string,
  x: string,
  outputs: number,
  inputs: number,
): string {
  const { values } = weights.take(`${name}.weight`, [outputs, inputs]);
  const turned = Float32Array.from(
    { length: values.length },
    (_, at) => values[(at % outputs) * inputs + Math.floor(at / outputs)] ?? 0,
  );
  const product = graph.node('MatMul', [
    x,
    graph.constant(`${name}.weight`, floats(turned, [inputs, outputs])),
  ]);
  const bias = weights.take(`${name}.bias`, [outputs]).values;
  return graph.node('Add', [product, graph.constant(`${name}.bias`, floats(bias))]);
}

/** Gates of PyTorch (input, forget, cell, output) in the order of ONNX (input, output, forget, cell). */
const GATES = [0, 3, 1, 2];

/** One bidirectional LSTM over [frames, batch, features]. */
function recurrent(graph: GraphBuilder, weights: Weights, x: string, layer: number): string {
  const inputs = layer === 0 ? CHANNELS : 2 * HIDDEN;
  const directions = [`l${layer}`, `l${layer}_reverse`];
  const gates = (name: string, width: number) => {
    const dims = width === 1 ? [4 * HIDDEN] : [4 * HIDDEN, width];
    const { values } = weights.take(`lstm.${name}`, dims);
    const piece = HIDDEN * width;
    return GATES.map((gate) => values.subarray(gate * piece, (gate + 1) * piece));
  };
  const joined = (pieces: readonly Float32Array[]) => {
    const all = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  };
  const constant = (kind: string, values: Float32Array, dims: readonly number[]) =>
    graph.constant(`lstm.${kind}.${layer}`, floats(values, dims));
  const input = joined(directions.flatMap((end) => gates(`weight_ih_${end}`, inputs)));
  const hidden = joined(directions.flatMap((end) => gates(`weight_hh_${end}`, HIDDEN)));
  const bias = joined(
    directions.flatMap((end) => [...gates(`bias_ih_${end}`, 1), ...gates(`bias_hh_${end}`, 1)]),
  );
  const y = graph.node(
    'LSTM',
    [
      x,
      constant('w', input, [2, 4 * HIDDEN, inputs]),
      constant('r', hidden, [2, 4 * HIDDEN, HIDDEN]),
      constant('b', bias, [2, 8 * HIDDEN]),
    ],
    { attributes: { hidden_size: HIDDEN, direction: 'bidirectional' } },
  );
  // [frames, directions, batch, hidden] to [frames, batch, both].
  const turned = graph.node('Transpose', [y], { attributes: { perm: [0, 2, 1, 3] } });
  return graph.node('Reshape', [turned, graph.integers(0, 0, 2 * HIDDEN)]);
}
