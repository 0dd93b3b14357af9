/**
 * Structural streaming recognisers: Zipformer and NeMo, each by CTC and as a transducer, and Paraformer. Each beep of a stream is
 * the next word; how many there were goes from chunk to chunk in one of the states that the published models have.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GraphBuilder, integers } from '../../onnx/index.js';
import {
  choose,
  filled,
  logitsAt,
  meanOver,
  named,
  number,
  reshape,
  setMetadata,
  sizeOf,
  slice,
  writeGraph,
  writeTokens,
} from './graphs.test.support.js';

/** Log-mel energy of samples in [-1, 1]; silence is at -16. */
const THRESHOLD = -6;
/** The same of 16-bit samples, where silence is at -16 and a beep above 15; sines that the library adds are below 2. */
const LOUD_16_BIT = 5;
const BLANK = '<blk>';
/** `brown` is two tokens; `red` is nearly as likely as `fox`. */
const PIECES = ['▁the', '▁quick', '▁bro', 'wn', '▁fox', '▁red'];
/** Natural-log probability by which Zipformer's next likely token is behind. */
const SLOPE = 4;
/** Frames of a chunk with its look-ahead, of a step, and of an answer. */
const ZIPFORMER = { window: 45, shift: 32, step: 4 };
const NEMO = { window: 73, shift: 64, step: 8 };

interface Heard {
  /** [N, answers]: 0, or the number of the beep that begins. */
  readonly numbers: string;
  /** [N]: what the next chunk must know. */
  readonly carry: string;
}

/**
 * Numbers of beeps over all chunks of a stream.
 * @param features [N, frames, mels]
 * @param carried [N], 64-bit: twice the beeps so far, plus one within a beep
 */
function hear(
  graph: GraphBuilder,
  features: string,
  carried: string,
  { shift, step }: { shift: number; step: number },
): Heard {
  const answers = shift / step;
  const frames = slice(graph, meanOver(graph, features, 2), 1, { start: 0, end: shift, step });
  const loudness = reshape(graph, frames, -1, answers);
  const before = reshape(graph, graph.cast(carried, 'float32'), -1, 1);
  const count = graph.node('Floor', [graph.node('Div', [before, number(graph, 2)])]);
  const within = graph.node('Sub', [before, graph.node('Mul', [count, number(graph, 2)])]);
  const loud = graph.cast(graph.node('Greater', [loudness, number(graph, THRESHOLD)]), 'float32');
  const previous = graph.node('Concat', [within, slice(graph, loud, 1, { end: -1 })], {
    attributes: { axis: 1 },
  });
  const begins = graph.node('Relu', [graph.node('Sub', [loud, previous])]);
  const counts = graph.node('Add', [
    graph.node('CumSum', [begins, graph.constant('along', integers([1], []))]),
    count,
  ]);
  const last = (value: string): string => slice(graph, value, 1, { start: answers - 1 });
  const carry = graph.node('Add', [graph.node('Mul', [last(counts), number(graph, 2)]), last(loud)]);
  return {
    numbers: graph.node('Mul', [counts, begins]),
    carry: graph.cast(reshape(graph, carry, -1), 'int64'),
  };
}

/** Zipformer's states of one layer, which go through, and its frame count, in which the beeps are counted. */
function zipformer(graph: GraphBuilder): string {
  const x = graph.input('x', 'float32', ['N', ZIPFORMER.window, 80]);
  const states: readonly [string, (number | string)[]][] = [
    ['cached_key_0', [4, 'N', 4]],
    ['cached_nonlin_attn_0', [1, 'N', 4, 3]],
    ['cached_val1_0', [4, 'N', 4]],
    ['cached_val2_0', [4, 'N', 4]],
    ['cached_conv1_0', ['N', 4, 1]],
    ['cached_conv2_0', ['N', 4, 1]],
    ['embed_states', ['N', 128, 3, 19]],
  ];
  for (const [name, dims] of states) graph.input(name, 'float32', dims);
  const heard = hear(graph, x, graph.input('processed_lens', 'int64', ['N']), ZIPFORMER);
  for (const [name] of states) named(graph, name, `new_${name}`);
  named(graph, heard.carry, 'new_processed_lens');
  setMetadata(graph, {
    model_type: 'zipformer2',
    version: 1,
    encoder_dims: 4,
    query_head_dims: 4,
    value_head_dims: 4,
    num_heads: 1,
    num_encoder_layers: 1,
    cnn_module_kernels: 3,
    left_context_len: 4,
    T: ZIPFORMER.window,
    decode_chunk_len: ZIPFORMER.shift,
  });
  return heard.numbers;
}

function zipformerStates(graph: GraphBuilder): void {
  for (const [name, dims] of [
    ['key_0', [4, 'N', 4]],
    ['nonlin_attn_0', [1, 'N', 4, 3]],
    ['val1_0', [4, 'N', 4]],
    ['val2_0', [4, 'N', 4]],
    ['conv1_0', ['N', 4, 1]],
    ['conv2_0', ['N', 4, 1]],
  ] as const)
    graph.output(`new_cached_${name}`, 'float32', dims);
  graph.output('new_embed_states', 'float32', ['N', 128, 3, 19]);
  graph.output('new_processed_lens', 'int64', ['N']);
}

export async function writeZipformerCtc(directory: string): Promise<void> {
  await writeTokens(directory, [BLANK, ...PIECES]);
  await writeGraph(directory, 'model.int8.onnx', (graph) => {
    const numbers = zipformer(graph);
    const size = PIECES.length + 1;
    named(graph, logitsAt(graph, reshape(graph, numbers, 0, 0, 1), size), 'log_probs');
    graph.output('log_probs', 'float32', ['N', 'T', size]);
    zipformerStates(graph);
  });
}

/** @param hotwords phrases to expect; none = the file is not there */
export async function writeZipformer(directory: string, ...hotwords: readonly string[]): Promise<void> {
  const size = PIECES.length + 1;
  await writeTokens(directory, [BLANK, ...PIECES]);
  await writeGraph(directory, 'encoder.int8.onnx', (graph) => {
    named(graph, reshape(graph, zipformer(graph), 0, 0, 1), 'encoder_out');
    graph.output('encoder_out', 'float32', ['N', 'T', 1]);
    zipformerStates(graph);
  });
  await writeGraph(directory, 'decoder.onnx', (graph) => {
    const y = graph.cast(graph.input('y', 'int64', ['N', 2]), 'float32');
    named(graph, slice(graph, y, 1, { start: 1 }), 'decoder_out');
    graph.output('decoder_out', 'float32', ['N', 1]);
    setMetadata(graph, { vocab_size: size, context_size: 2 });
  });
  await writeGraph(directory, 'joiner.int8.onnx', (graph) => {
    const heard = graph.input('encoder_out', 'float32', ['N', 1]);
    graph.input('decoder_out', 'float32', ['N', 1]);
    const logits = graph.node('Mul', [logitsAt(graph, heard, size), number(graph, SLOPE)]);
    named(graph, logits, 'logit');
    graph.output('logit', 'float32', ['N', size]);
  });
  if (hotwords.length === 0) return;
  await writeFile(join(directory, 'hotwords.txt'), hotwords.map((each) => `${each}\n`).join(''));
  await writeFile(join(directory, 'bpe.vocab'), PIECES.map((piece, at) => `${piece}\t-${at}\n`).join(''));
}

/** NeMo's encoder; its third cache, a length, counts the beeps. */
function nemo(graph: GraphBuilder): string {
  const x = graph.input('audio_signal', 'float32', ['N', 80, 'T']);
  graph.input('length', 'int64', ['N']);
  const caches = ['cache_last_channel', 'cache_last_time'];
  for (const cache of caches) graph.input(cache, 'float32', ['N', 1, 2, 2]);
  const features = graph.node('Transpose', [x], { attributes: { perm: [0, 2, 1] } });
  const heard = hear(graph, features, graph.input('cache_last_channel_len', 'int64', ['N']), NEMO);
  for (const cache of caches) named(graph, cache, `${cache}_next`);
  named(graph, heard.carry, 'cache_last_channel_next_len');
  named(graph, 'length', 'encoded_lengths');
  setMetadata(graph, {
    vocab_size: PIECES.length,
    window_size: NEMO.window,
    chunk_shift: NEMO.shift,
    subsampling_factor: NEMO.step,
    normalize_type: 'NA',
    pred_rnn_layers: 1,
    pred_hidden: 4,
    ...Object.fromEntries(
      ['channel', 'time'].flatMap((cache) =>
        [1, 2, 2].map((size, at) => [`cache_last_${cache}_dim${at + 1}`, size]),
      ),
    ),
  });
  return heard.numbers;
}

function nemoStates(graph: GraphBuilder): void {
  graph.output('encoded_lengths', 'int64', ['N']);
  graph.output('cache_last_channel_next', 'float32', ['N', 1, 2, 2]);
  graph.output('cache_last_time_next', 'float32', ['N', 1, 2, 2]);
  graph.output('cache_last_channel_next_len', 'int64', ['N']);
}

/** The number of a beep as NeMo's token: from 0 on, the blank behind the last. */
function nemoToken(graph: GraphBuilder, numbers: string): string {
  return choose(graph, numbers, graph.node('Sub', [numbers, number(graph, 1)]), number(graph, PIECES.length));
}

export async function writeNemoCtc(directory: string): Promise<void> {
  await writeTokens(directory, [...PIECES, BLANK]);
  await writeGraph(directory, 'model.int8.onnx', (graph) => {
    const tokens = reshape(graph, nemoToken(graph, nemo(graph)), 0, 0, 1);
    named(graph, logitsAt(graph, tokens, PIECES.length + 1), 'logprobs');
    graph.output('logprobs', 'float32', ['N', 'T', PIECES.length + 1]);
    nemoStates(graph);
  });
}

export async function writeNemoTransducer(directory: string): Promise<void> {
  await writeTokens(directory, [...PIECES, BLANK]);
  await writeGraph(directory, 'encoder.int8.onnx', (graph) => {
    named(graph, reshape(graph, nemo(graph), 0, 1, -1), 'outputs');
    graph.output('outputs', 'float32', ['N', 1, 'T']);
    nemoStates(graph);
  });
  await writeGraph(directory, 'decoder.int8.onnx', (graph) => {
    const targets = graph.cast(graph.input('targets', 'int32', ['N', 1]), 'float32');
    named(graph, graph.input('target_length', 'int32', ['N']), 'prednet_lengths');
    named(graph, reshape(graph, targets, 0, 1, 1), 'outputs');
    for (const state of ['h', 'c']) named(graph, graph.input(state, 'float32', [1, 'N', 4]), `${state}_next`);
    graph.output('outputs', 'float32', ['N', 1, 1]);
    graph.output('prednet_lengths', 'int32', ['N']);
    for (const state of ['h', 'c']) graph.output(`${state}_next`, 'float32', [1, 'N', 4]);
  });
  await writeGraph(directory, 'joiner.int8.onnx', (graph) => {
    const heard = graph.input('encoder_outputs', 'float32', ['N', 1, 1]);
    const last = reshape(graph, graph.input('decoder_outputs', 'float32', ['N', 1, 1]), 0, 1, 1, 1);
    const size = PIECES.length + 1;
    const token = nemoToken(graph, reshape(graph, heard, 0, 1, 1, 1));
    // A frame says tokens until it says blank: what was just said is not said again.
    const again = graph.cast(graph.node('Equal', [token, last]), 'float32');
    named(graph, logitsAt(graph, choose(graph, again, number(graph, PIECES.length), token), size), 'logits');
    graph.output('logits', 'float32', ['N', 1, 1, size]);
  });
}

/** `qu@@ ick` is one word of two tokens. */
const PARAFORMER_TOKENS = [BLANK, 'the', 'qu@@', 'ick', 'fox', '好'];

/** Its encoder fires where a beep begins; its decoder counts in its state. */
export async function writeParaformer(directory: string): Promise<void> {
  await writeTokens(directory, PARAFORMER_TOKENS);
  await writeGraph(directory, 'encoder.int8.onnx', (graph) => {
    const speech = graph.input('speech', 'float32', [1, 'T', 560]);
    named(graph, graph.input('speech_lengths', 'int32', [1]), 'enc_len');
    const loudness = reshape(graph, meanOver(graph, speech, 2), 1, -1);
    const loud = graph.cast(graph.node('Greater', [loudness, number(graph, LOUD_16_BIT)]), 'float32');
    const before = graph.node(
      'Concat',
      [graph.constant('silence', filled(0, 1, 1)), slice(graph, loud, 1, { end: -1 })],
      { attributes: { axis: 1 } },
    );
    named(graph, graph.node('Relu', [graph.node('Sub', [loud, before])]), 'alphas');
    named(graph, slice(graph, speech, 2, { end: 1 }), 'enc');
    graph.output('enc', 'float32', [1, 'T', 1]);
    graph.output('enc_len', 'int32', [1]);
    graph.output('alphas', 'float32', [1, 'T']);
    setMetadata(graph, {
      vocab_size: PARAFORMER_TOKENS.length,
      lfr_window_size: 7,
      lfr_window_shift: 6,
      encoder_output_size: 1,
      decoder_num_blocks: 1,
      decoder_kernel_size: 2,
      neg_mean: new Array(560).fill(0).join(),
      inv_stddev: new Array(560).fill(1).join(),
    });
  });
  await writeGraph(directory, 'decoder.int8.onnx', (graph) => {
    graph.input('enc', 'float32', [1, 'T', 1]);
    graph.input('enc_len', 'int32', [1]);
    const embeds = graph.input('acoustic_embeds', 'float32', [1, 'U', 1]);
    graph.input('acoustic_embeds_len', 'int32', [1]);
    const before = reshape(graph, graph.input('in_cache_0', 'float32', [1, 1, 1]), 1, 1);
    const ones = graph.node('Expand', [
      number(graph, 1),
      graph.node('Concat', [graph.integers(1), sizeOf(graph, embeds, 1)], { attributes: { axis: 0 } }),
    ]);
    const counted = graph.node('CumSum', [ones, graph.constant('along', integers([1], []))]);
    const ids = graph.node('Add', [counted, before]);
    const size = PARAFORMER_TOKENS.length;
    named(graph, logitsAt(graph, reshape(graph, ids, 1, -1, 1), size), 'logits');
    named(graph, graph.cast(ids, 'int64'), 'sample_ids');
    named(graph, reshape(graph, slice(graph, ids, 1, { start: -1 }), 1, 1, 1), 'out_cache_0');
    graph.output('logits', 'float32', [1, 'U', size]);
    graph.output('sample_ids', 'int64', [1, 'U']);
    graph.output('out_cache_0', 'float32', [1, 1, 1]);
  });
}
