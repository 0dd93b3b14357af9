/**
 * Whisper's encoder, and the keys and values of every decoder layer's cross-attention, which depend on the audio alone.
 * Input `mel` [1, mels, frames of 10 ms]; sherpa-onnx hears one clip at a time. Outputs have the layout in which the decoder
 * multiplies them, so that no step turns them again: keys [layers × heads, 1, head size + 1, T], with how many positions each
 * stands for (silence.ts), values [layers × heads, 1, T, head size].
 */
import type { WhisperShape } from './checkpoint.js';
import type { Ct2Model } from './ct2-reader.js';
import { WhisperGraph } from './layers.js';
import { COUNTED, countedKeys, countingQueries, endInSilence, withFarSilence } from './silence.js';

/** The encoder's graph. Weights are read when it is written. */
export function buildEncoder(model: Ct2Model, shape: WhisperShape): WhisperGraph {
  const g = new WhisperGraph('whisper-encoder', model, shape);
  const mel = g.input('mel', 'float32', [1, shape.mels, 'frames']);
  let x = g.gelu(convolution(g, endInSilence(g, mel), 'encoder/conv1', 1));
  x = g.gelu(convolution(g, x, 'encoder/conv2', 2));
  x = g.node('Transpose', [x], { attributes: { perm: [0, 2, 1] } });
  const { values: positions, counts } = withFarSilence(g, x);
  x = positions;

  for (let layer = 0; layer < shape.audioLayers; layer++) {
    const prefix = `encoder/layer_${layer}`;
    const own = `${prefix}/self_attention`;
    x = g.add(x, selfAttention(g, g.norm(x, `${own}/layer_norm`), own, counts));
    x = g.add(x, g.feedForward(g.norm(x, `${prefix}/ffn/layer_norm`), `${prefix}/ffn`, true));
  }
  x = g.norm(x, 'encoder/layer_norm');

  const keys: string[] = [];
  const values: string[] = [];
  for (let layer = 0; layer < shape.textLayers; layer++) {
    const projection = `decoder/layer_${layer}/attention/linear_1`;
    const k = g.linear(x, projection, { share: { part: 0, parts: 2 }, bias: false });
    const v = g.linear(x, projection, { share: { part: 1, parts: 2 } });
    keys.push(g.heads(countedKeys(g, k, counts), [2, 0, 3, 1], COUNTED));
    values.push(g.heads(v, [2, 0, 1, 3]));
  }
  g.node('Concat', keys, { attributes: { axis: 0 }, outputs: ['n_layer_cross_k'] });
  g.node('Concat', values, { attributes: { axis: 0 }, outputs: ['n_layer_cross_v'] });
  g.output('n_layer_cross_k', 'float32', [shape.textLayers * shape.heads, 1, shape.headSize + COUNTED, 'T']);
  g.output('n_layer_cross_v', 'float32', [shape.textLayers * shape.heads, 1, 'T', shape.headSize]);
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
function selfAttention(g: WhisperGraph, value: string, prefix: string, counts: string): string {
  const projection = `${prefix}/linear_0`;
  const q = g.linear(value, projection, { share: { part: 0, parts: 3 }, factor: g.queryFactor });
  const k = g.linear(value, projection, { share: { part: 1, parts: 3 }, bias: false });
  const v = g.linear(value, projection, { share: { part: 2, parts: 3 } });
  const attended = g.node('MultiHeadAttention', [countingQueries(g, q), countedKeys(g, k, counts), v], {
    domain: 'com.microsoft',
    attributes: { num_heads: g.shape.heads, scale: { float: 1 } },
  });
  return g.linear(attended, `${prefix}/linear_1`);
}
