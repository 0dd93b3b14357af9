/**
 * Whisper's decoder, one step: the scores of what may follow the last of the tokens given. sherpa-onnx hands each output cache
 * back as the next input without looking at it, so the caches hold just the `offset` positions there are: the first step gets
 * sherpa's zeros, of which it takes none.
 * The embedding is stored once, as int8 [state, vocabulary] with a scale a token: columns of it are looked up, and it is
 * multiplied for the logits.
 */

import { bytesOf, integers, SEVEN_BITS, scalar } from '../onnx/index.js';
import type { WhisperSettings, WhisperShape } from './checkpoint.js';
import type { Ct2Model } from './ct2-reader.js';
import { WhisperGraph } from './layers.js';
import { quantizeTransposed } from './quantize.js';
import { COUNTED, countingQueries } from './silence.js';

/** The end of an axis, whatever its length. */
const LAST = 2 ** 31 - 1;
/** Added to the scores of positions that must not be seen. */
const HIDDEN = -1e9;

/** The decoder's graph. Weights are read when it is written. */
export function buildDecoder(model: Ct2Model, shape: WhisperShape, settings: WhisperSettings): WhisperGraph {
  const g = new WhisperGraph('whisper-decoder', model, shape);
  const tokens = g.input('tokens', 'int64', ['N', 'n']);
  const keyCache = g.input('in_n_layer_self_k_cache', 'float32', [
    shape.textLayers,
    'N',
    'past',
    shape.state,
  ]);
  const valueCache = g.input('in_n_layer_self_v_cache', 'float32', [
    shape.textLayers,
    'N',
    'past',
    shape.state,
  ]);
  const { heads, headSize, textLayers } = shape;
  const crossKeys = g.input('n_layer_cross_k', 'float32', [textLayers * heads, 'N', headSize + COUNTED, 'T']);
  const crossValues = g.input('n_layer_cross_v', 'float32', [textLayers * heads, 'N', 'T', headSize]);
  const offset = g.input('offset', 'int64', [1]);

  const count = g.node('Slice', [g.node('Shape', [tokens]), g.integers(1), g.integers(2)]);
  const end = g.add(offset, count);
  const smoothing = g.smoothing('decoder/layer_norm');
  const embedding = g.quantized(
    'decoder/embeddings/weight',
    quantizeTransposed(
      model,
      { name: 'decoder/embeddings/weight', first: 0, count: shape.vocabularySize },
      { largest: SEVEN_BITS, inputFactors: smoothing },
    ),
  );
  let x = lookUp(g, embedding, tokens, smoothing);
  x = g.add(
    x,
    g.node('Slice', [g.weight('decoder/position_encodings/encodings'), offset, end, g.integers(0)]),
  );
  const mask = causalMask(g, offset, end);
  const pastKeys = g.node('Slice', [keyCache, g.integers(0), offset, g.integers(2)]);
  const pastValues = g.node('Slice', [valueCache, g.integers(0), offset, g.integers(2)]);

  const newKeys: string[] = [];
  const newValues: string[] = [];
  const alignment: string[] = [];
  for (let layer = 0; layer < textLayers; layer++) {
    const prefix = `decoder/layer_${layer}`;
    const index = g.constant(`layer ${layer}`, integers([layer], []));
    const pick = (value: string): string => g.node('Gather', [value, index], { attributes: { axis: 0 } });

    const own = `${prefix}/self_attention`;
    const y = g.norm(x, `${own}/layer_norm`);
    const q = g.linear(y, `${own}/linear_0`, { share: { part: 0, parts: 3 }, factor: g.queryFactor });
    const k = extend(
      g,
      pick(pastKeys),
      g.linear(y, `${own}/linear_0`, { share: { part: 1, parts: 3 }, bias: false }),
    );
    const v = extend(g, pick(pastValues), g.linear(y, `${own}/linear_0`, { share: { part: 2, parts: 3 } }));
    newKeys.push(g.node('Unsqueeze', [k, g.integers(0)]));
    newValues.push(g.node('Unsqueeze', [v, g.integers(0)]));
    const ownWeights = g.attentionWeights(g.heads(q), g.heads(k, [0, 2, 3, 1]), mask);
    x = g.add(x, g.linear(g.joinHeads(g.node('MatMul', [ownWeights, g.heads(v)])), `${own}/linear_1`));

    const cross = `${prefix}/attention`;
    const queries = g.linear(g.norm(x, `${cross}/layer_norm`), `${cross}/linear_0`, {
      factor: g.queryFactor,
    });
    const mineOf = (value: string): string => layerHeads(g, value, layer);
    const counting = g.heads(countingQueries(g, queries), [2, 0, 1, 3], COUNTED);
    const weights = g.attentionWeights(counting, mineOf(crossKeys));
    const attended = g.joinHeads(g.node('MatMul', [weights, mineOf(crossValues)]), [1, 2, 0, 3]);
    x = g.add(x, g.linear(attended, `${cross}/linear_2`));
    const mine = settings.alignmentHeads.filter(([l]) => l === layer).map(([, head]) => head);
    if (mine.length > 0) alignment.push(g.node('Gather', [weights, g.integers(...mine)]));

    x = g.add(x, g.feedForward(g.norm(x, `${prefix}/ffn/layer_norm`), `${prefix}/ffn`, false));
  }
  // Of a prompt, only what comes after its last token is asked for; the vocabulary is half of the work.
  x = g.norm(g.node('Slice', [x, g.integers(-1), g.integers(LAST), g.integers(1)]), 'decoder/layer_norm');
  g.node('Identity', [g.multiplyQuantized(x, embedding)], { outputs: ['logits'] });
  g.node('Concat', newKeys, { attributes: { axis: 0 }, outputs: ['out_n_layer_self_k_cache'] });
  g.node('Concat', newValues, { attributes: { axis: 0 }, outputs: ['out_n_layer_self_v_cache'] });
  g.output('logits', 'float32', ['N', 1, shape.vocabularySize]);
  g.output('out_n_layer_self_k_cache', 'float32', [textLayers, 'N', 'present', shape.state]);
  g.output('out_n_layer_self_v_cache', 'float32', [textLayers, 'N', 'present', shape.state]);
  if (alignment.length > 0) {
    const all = g.node('Concat', alignment, { attributes: { axis: 0 } });
    g.node('Transpose', [all], { attributes: { perm: [1, 0, 2, 3] }, outputs: ['cross_attention_weights'] });
    g.output('cross_attention_weights', 'float32', ['N', settings.alignmentHeads.length, 'n', 'T']);
  }
  return g;
}

/**
 * Rows of tokens [N, n] in the table that is stored as columns: [N, n, state]. The table is made for a smoothed value, so each
 * channel of a row is divided by its factor.
 */
function lookUp(
  g: WhisperGraph,
  table: { values: string; scales: string },
  tokens: string,
  smoothing: () => Promise<Float32Array>,
): string {
  const columns = g.node('Gather', [table.values, tokens], { attributes: { axis: 1 } });
  const rows = g.node('Transpose', [g.cast(columns, 'float32')], { attributes: { perm: [1, 2, 0] } });
  const scales = g.node('Unsqueeze', [g.node('Gather', [table.scales, tokens]), g.integers(2)]);
  const inverse = g.constant('1/smoothing of the logits', {
    type: 'float32',
    dims: [g.shape.state],
    async *chunks() {
      yield bytesOf((await smoothing()).map((factor) => 1 / factor));
    },
  });
  return g.node('Mul', [g.node('Mul', [rows, scales]), inverse]);
}

/**
 * What the audio gave the heads of one layer. Heads are gathered by a list of numbers, which onnxruntime copies on every
 * thread it has, layer by layer, when they are used; a slice, or one number, it would turn into one copy of all layers at once,
 * on one thread.
 */
function layerHeads(g: WhisperGraph, value: string, layer: number): string {
  const { heads } = g.shape;
  return g.node('Gather', [value, g.integers(...Array.from({ length: heads }, (_, i) => layer * heads + i))]);
}

/** [n, end]: row i, at position offset + i, sees positions up to itself. */
function causalMask(g: WhisperGraph, offset: string, end: string): string {
  const plain = (value: string): string => g.node('Squeeze', [value, g.integers(0)]);
  const zero = g.constant('zero', integers([0], []));
  const one = g.constant('one', integers([1], []));
  const rows = g.node('Range', [plain(offset), plain(end), one]);
  const columns = g.node('Range', [zero, plain(end), one]);
  const later = g.node('Greater', [
    g.node('Unsqueeze', [columns, g.integers(0)]),
    g.node('Unsqueeze', [rows, g.integers(1)]),
  ]);
  return g.node('Where', [later, g.constant('hidden', scalar(HIDDEN)), g.constant('seen', scalar(0))]);
}

/** The cache of one layer [N, past, state] with what this step adds. */
function extend(g: WhisperGraph, past: string, added: string): string {
  return g.node('Concat', [past, added], { attributes: { axis: 1 } });
}
