/**
 * Whisper's encoder, and the keys and values of every decoder layer's cross-attention, which depend on the audio alone.
 * Input `mel` [N, mels, frames of 10 ms]. Outputs have the layout in which the decoder multiplies them, so that no step
 * turns them again: keys [layers × heads, N, head size, T], values [layers × heads, N, T, head size].
 */
import type { WhisperShape } from './checkpoint.js';
import type { Ct2Model } from './ct2-reader.js';
import { WhisperGraph } from './layers.js';

/** The encoder's graph. Weights are read when it is written. */
export function buildEncoder(model: Ct2Model, shape: WhisperShape): WhisperGraph {
  const g = new WhisperGraph('whisper-encoder', model, shape);
  const mel = g.input('mel', 'float32', ['N', shape.mels, 'frames']);
  let x = g.gelu(convolution(g, mel, 'encoder/conv1', 1));
  x = g.gelu(convolution(g, x, 'encoder/conv2', 2));
  x = g.node('Transpose', [x], { attributes: { perm: [0, 2, 1] } });
  const length = g.node('Slice', [g.node('Shape', [x]), g.integers(1), g.integers(2)]);
  x = g.add(x, g.node('Slice', [g.weight('encoder/position_encodings/encodings'), g.integers(0), length]));

  for (let layer = 0; layer < shape.audioLayers; layer++) {
    const prefix = `encoder/layer_${layer}`;
    x = g.add(
      x,
      selfAttention(g, g.norm(x, `${prefix}/self_attention/layer_norm`), `${prefix}/self_attention`),
    );
    x = g.add(x, g.feedForward(g.norm(x, `${prefix}/ffn/layer_norm`), `${prefix}/ffn`, true));
  }
  x = g.norm(x, 'encoder/layer_norm');

  const keys: string[] = [];
  const values: string[] = [];
  for (let layer = 0; layer < shape.textLayers; layer++) {
    const projection = `decoder/layer_${layer}/attention/linear_1`;
    const k = g.linear(x, projection, { share: { part: 0, parts: 2 }, bias: false });
    const v = g.linear(x, projection, { share: { part: 1, parts: 2 } });
    keys.push(g.heads(k, [2, 0, 3, 1]));
    values.push(g.heads(v, [2, 0, 1, 3]));
  }
  g.node('Concat', keys, { attributes: { axis: 0 }, outputs: ['n_layer_cross_k'] });
  g.node('Concat', values, { attributes: { axis: 0 }, outputs: ['n_layer_cross_v'] });
  g.output('n_layer_cross_k', 'float32', [shape.textLayers * shape.heads, 'N', shape.headSize, 'T']);
  g.output('n_layer_cross_v', 'float32', [shape.textLayers * shape.heads, 'N', 'T', shape.headSize]);
  return g;
}

function convolution(g: WhisperGraph, value: string, prefix: string, stride: number): string {
  return g.node('Conv', [value, g.weight(`${prefix}/weight`), g.weight(`${prefix}/bias`)], {
    attributes: { kernel_shape: [3], pads: [1, 1], strides: [stride] },
  });
}

/**
 * The three projections are stored as one; Whisper's keys have no bias. The attention itself is onnxruntime's own operator,
 * which never makes the whole table of scores (72 MB on base).
 */
function selfAttention(g: WhisperGraph, value: string, prefix: string): string {
  const projection = `${prefix}/linear_0`;
  const q = g.linear(value, projection, { share: { part: 0, parts: 3 }, factor: g.queryFactor });
  const k = g.linear(value, projection, { share: { part: 1, parts: 3 }, bias: false });
  const v = g.linear(value, projection, { share: { part: 2, parts: 3 } });
  const attended = g.node('MultiHeadAttention', [q, k, v], {
    domain: 'com.microsoft',
    attributes: { num_heads: g.shape.heads, scale: { float: 1 } },
  });
  return g.linear(attended, `${prefix}/linear_1`);
}
