/**
 * CAM++ (Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware Masking", 2023) as
 * an ONNX graph: 80 mel bands by frames of 10 ms in, a vector of a voice out.
 */
import { floats, GraphBuilder } from '../onnx/index.js';
import type { Weights } from '../torch/checkpoint.js';

const BANDS = 80;
/** Channels of the two-dimensional front. */
const FRONT = 32;
const GROWTH = 32;
const BOTTLENECK = 128;
const FIRST = 128;
const VECTOR = 192;
/** Layers and dilation of the three dense blocks. */
const BLOCKS = [
  { layers: 12, dilation: 1 },
  { layers: 24, dilation: 2 },
  { layers: 16, dilation: 2 },
] as const;
/** Frames that share one context. */
const SEGMENT = 100;
const OPERATOR_SET = 17;

/** The graph. Throws VoxError `model_broken` where the weights are another model's. */
export function buildCampplus(weights: Weights): GraphBuilder {
  const graph = new GraphBuilder('campplus', OPERATOR_SET);
  const layers = new Layers(graph, weights);
  const input = graph.input('x', 'float32', ['N', 'T', BANDS]);
  const bands = graph.node('Transpose', [input], { attributes: { perm: [0, 2, 1] } });
  let x = front(graph, layers, graph.node('Unsqueeze', [bands, graph.integers(1)]));
  x = layers.convolution('xvector.tdnn.linear', x, [FIRST, FRONT * (BANDS / 8), 5], {
    stride: 2,
    padding: 2,
  });
  x = layers.active('xvector.tdnn.nonlinear', x, FIRST);
  let channels = FIRST;
  BLOCKS.forEach(({ layers: count, dilation }, block) => {
    for (let layer = 1; layer <= count; layer++) {
      const name = `xvector.block${block + 1}.tdnnd${layer}`;
      x = graph.node('Concat', [x, dense(graph, layers, name, x, channels, dilation)], {
        attributes: { axis: 1 },
      });
      channels += GROWTH;
    }
    const name = `xvector.transit${block + 1}`;
    x = layers.active(`${name}.nonlinear`, x, channels);
    x = layers.convolution(`${name}.linear`, x, [channels / 2, channels, 1]);
    channels /= 2;
  });
  x = layers.active('xvector.out_nonlinear', x, channels);
  const stats = graph.node('Unsqueeze', [meanAndSpread(graph, x), graph.integers(-1)]);
  const vector = layers.convolution('xvector.dense.linear', stats, [VECTOR, 2 * channels, 1]);
  const flat = graph.node('Squeeze', [vector, graph.integers(-1)]);
  layers.normal('xvector.dense.nonlinear.batchnorm', flat, VECTOR, 'embedding');
  graph.output('embedding', 'float32', ['N', VECTOR]);
  return graph;
}

/** The front: residual blocks over bands and frames that leave an eighth of the bands. */
function front(graph: GraphBuilder, layers: Layers, input: string): string {
  const relu = (x: string) => graph.node('Relu', [x]);
  const square = (name: string, x: string, inputs: number, stride: number) =>
    layers.plane(`head.${name}`, x, [FRONT, inputs, 3, 3], stride);
  const normal = (name: string, x: string) => layers.normal(`head.${name}`, x, FRONT);
  let x = relu(normal('bn1', square('conv1', input, 1, 1)));
  for (const layer of ['layer1', 'layer2'])
    for (const [block, stride] of [2, 1].entries()) {
      const name = `${layer}.${block}`;
      let y = relu(normal(`${name}.bn1`, square(`${name}.conv1`, x, FRONT, stride)));
      y = normal(`${name}.bn2`, square(`${name}.conv2`, y, FRONT, 1));
      const shortcut =
        stride === 1
          ? x
          : normal(
              `${name}.shortcut.1`,
              layers.plane(`head.${name}.shortcut.0`, x, [FRONT, FRONT, 1, 1], stride),
            );
      x = relu(graph.node('Add', [y, shortcut]));
    }
  x = relu(normal('bn2', square('conv2', x, FRONT, 2)));
  // Bands become channels.
  return graph.node('Reshape', [x, graph.integers(0, FRONT * (BANDS / 8), -1)]);
}

/** One layer of a dense block: what is heard locally, masked by what is heard around it. */
function dense(
  graph: GraphBuilder,
  layers: Layers,
  name: string,
  input: string,
  channels: number,
  dilation: number,
): string {
  let x = layers.active(`${name}.nonlinear1`, input, channels);
  x = layers.convolution(`${name}.linear1`, x, [BOTTLENECK, channels, 1]);
  x = layers.active(`${name}.nonlinear2`, x, BOTTLENECK);
  const cam = `${name}.cam_layer`;
  const local = layers.convolution(`${cam}.linear_local`, x, [GROWTH, BOTTLENECK, 3], {
    dilation,
    padding: dilation,
  });
  const all = graph.node('ReduceMean', [x], { attributes: { axes: [-1], keepdims: 1 } });
  const around = graph.node('Add', [segmentMeans(graph, x), all]);
  const half = BOTTLENECK / 2;
  const squeezed = graph.node('Relu', [
    layers.convolution(`${cam}.linear1`, around, [half, BOTTLENECK, 1], { bias: true }),
  ]);
  const mask = graph.node('Sigmoid', [
    layers.convolution(`${cam}.linear2`, squeezed, [GROWTH, half, 1], { bias: true }),
  ]);
  return graph.node('Mul', [local, mask]);
}

/** For each frame the mean of its segment; the last segment may be shorter. */
function segmentMeans(graph: GraphBuilder, x: string): string {
  const means = graph.node('AveragePool', [x], {
    attributes: { kernel_shape: [SEGMENT], strides: [SEGMENT], ceil_mode: 1, count_include_pad: 0 },
  });
  const each = graph.node('Expand', [
    graph.node('Unsqueeze', [means, graph.integers(-1)]),
    graph.integers(1, 1, 1, SEGMENT),
  ]);
  const long = graph.node('Reshape', [each, graph.integers(0, 0, -1)]);
  return graph.node('Slice', [long, graph.integers(0), frames(graph, x), graph.integers(2)]);
}

function frames(graph: GraphBuilder, x: string): string {
  const shape = graph.node('Shape', [x]);
  return graph.node('Slice', [shape, graph.integers(2), graph.integers(3)]);
}

/** Mean and standard deviation over the frames, one after the other. */
function meanAndSpread(graph: GraphBuilder, x: string): string {
  const mean = graph.node('ReduceMean', [x], { attributes: { axes: [-1], keepdims: 1 } });
  const off = graph.node('Sub', [x, mean]);
  const squares = graph.node('ReduceSum', [graph.node('Mul', [off, off]), graph.integers(-1)], {
    attributes: { keepdims: 0 },
  });
  const fewer = graph.node('Sub', [
    graph.cast(frames(graph, x), 'float32'),
    graph.constant('one', floats([1])),
  ]);
  const spread = graph.node('Sqrt', [graph.node('Div', [squares, fewer])]);
  const flat = graph.node('Squeeze', [mean, graph.integers(-1)]);
  return graph.node('Concat', [flat, spread], { attributes: { axis: 1 } });
}

/** Layers with weights of the checkpoint, under its names. */
class Layers {
  readonly #graph: GraphBuilder;
  readonly #weights: Weights;

  constructor(graph: GraphBuilder, weights: Weights) {
    this.#graph = graph;
    this.#weights = weights;
  }

  /** Over frames. */
  convolution(
    name: string,
    x: string,
    dims: readonly [number, number, number],
    options: { stride?: number; padding?: number; dilation?: number; bias?: boolean } = {},
  ): string {
    const { stride = 1, padding = 0, dilation = 1, bias = false } = options;
    const inputs = [x, this.#constant(`${name}.weight`, dims)];
    if (bias) inputs.push(this.#constant(`${name}.bias`, [dims[0]]));
    return this.#graph.node('Conv', inputs, {
      attributes: {
        kernel_shape: [dims[2]],
        strides: [stride],
        pads: [padding, padding],
        dilations: [dilation],
      },
    });
  }

  /** Over bands and frames; `stride` is of the bands. */
  plane(name: string, x: string, dims: readonly [number, number, number, number], stride: number): string {
    const padding = (dims[2] - 1) / 2;
    return this.#graph.node('Conv', [x, this.#constant(`${name}.weight`, dims)], {
      attributes: {
        kernel_shape: [dims[2], dims[3]],
        strides: [stride, 1],
        pads: [padding, padding, padding, padding],
      },
    });
  }

  /** Normalised and rectified. */
  active(name: string, x: string, channels: number): string {
    return this.#graph.node('Relu', [this.normal(`${name}.batchnorm`, x, channels)]);
  }

  /** Normalised by what was measured in training; a layer without scale and shift has ones and zeros. */
  normal(name: string, x: string, channels: number, output?: string): string {
    const plain = !this.#weights.has(`${name}.weight`);
    const filled = (kind: string, value: number) =>
      this.#graph.constant(`${kind}(${channels})`, floats(new Float32Array(channels).fill(value)));
    return this.#graph.node(
      'BatchNormalization',
      [
        x,
        plain ? filled('ones', 1) : this.#constant(`${name}.weight`, [channels]),
        plain ? filled('zeros', 0) : this.#constant(`${name}.bias`, [channels]),
        this.#constant(`${name}.running_mean`, [channels]),
        this.#constant(`${name}.running_var`, [channels]),
      ],
      output === undefined ? {} : { outputs: [output] },
    );
  }

  #constant(name: string, dims: readonly number[]): string {
    return this.#graph.constant(name, floats(this.#weights.take(name, dims).values, dims));
  }
}
