/** Structural Moonshine, of both versions, and Qwen3-ASR: recognisers that write token after token. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GraphBuilder } from '../../onnx/index.js';
import {
  beepCount,
  beepNumbers,
  choose,
  filled,
  logitsAt,
  meanOver,
  named,
  number,
  reshape,
  sizeOf,
  slice,
  writeGraph,
  writeTokens,
} from './graphs.test.support.js';

const MOONSHINE_TOKENS = ['<unk>', '<s>', '</s>', '▁the', '▁quick', '▁bro', 'wn', '▁fox'];
const MOONSHINE_EOS = 2;
const MOONSHINE_FIRST_WORD = 3;
/** Samples a frame: the strides of its convolutions. */
const MOONSHINE_FRAME = 384;
/** Mean of the samples' magnitudes in a frame. */
const LEVEL_THRESHOLD = 0.05;

/** [1, samples] to the numbers of beeps, [1, frames, 1]. */
function hearSamples(graph: GraphBuilder, audio: string): string {
  const frame = graph.integers(MOONSHINE_FRAME);
  const whole = graph.node('Mul', [graph.node('Div', [sizeOf(graph, audio, 1), frame]), frame]);
  const cut = graph.node('Slice', [audio, graph.integers(0), whole, graph.integers(1)]);
  const frames = reshape(graph, graph.node('Abs', [cut]), -1, MOONSHINE_FRAME);
  const levels = reshape(graph, meanOver(graph, frames, 1), 1, -1);
  return reshape(graph, beepNumbers(graph, levels, LEVEL_THRESHOLD), 1, -1, 1);
}

/** Logits of the word at `place` (0 = the first), or of the end where there were no more beeps: [1, 1, tokens]. */
function moonshineLogits(graph: GraphBuilder, heard: string, place: string): string {
  const left = graph.node('Sub', [beepCount(graph, heard), place]);
  const word = graph.node('Add', [place, number(graph, MOONSHINE_FIRST_WORD)]);
  const target = choose(graph, left, word, number(graph, MOONSHINE_EOS));
  return logitsAt(graph, reshape(graph, target, 1, 1, 1), MOONSHINE_TOKENS.length);
}

export async function writeMoonshine1(directory: string): Promise<void> {
  await writeTokens(directory, MOONSHINE_TOKENS);
  await writeGraph(directory, 'preprocess.onnx', (graph) => {
    named(graph, hearSamples(graph, graph.input('args_0', 'float32', ['B', 'S'])), 'sequential');
    graph.output('sequential', 'float32', ['B', 'T', 1]);
  });
  await writeGraph(directory, 'encode.int8.onnx', (graph) => {
    named(graph, graph.input('args_0', 'float32', ['B', 'T', 1]), 'layer_normalization');
    graph.input('args_1', 'int32', ['N']);
    graph.output('layer_normalization', 'float32', ['B', 'T', 1]);
  });
  for (const cached of [false, true])
    await writeGraph(directory, `${cached ? 'cached' : 'uncached'}_decode.int8.onnx`, (graph) => {
      graph.input('args_0', 'int32', ['B', 1]);
      const heard = graph.input('args_1', 'float32', ['B', 'T', 1]);
      const length = graph.cast(graph.input('args_2', 'int32', ['N']), 'float32');
      const state = cached ? graph.input('args_3', 'float32', ['B', 1]) : reshape(graph, length, 1, 1);
      const place = graph.node('Sub', [length, number(graph, 1)]);
      named(graph, moonshineLogits(graph, heard, place), 'reversible_embedding');
      named(graph, state, 'state');
      graph.output('reversible_embedding', 'float32', ['B', 1, MOONSHINE_TOKENS.length]);
      graph.output('state', 'float32', ['B', 1]);
    });
}

/** In ONNX, where the published files are in ONNX Runtime's own format: our writer has only the one. */
export async function writeMoonshine2(directory: string): Promise<void> {
  // Its table has each token in base 64.
  await writeTokens(
    directory,
    MOONSHINE_TOKENS.map((token) => Buffer.from(token).toString('base64')),
  );
  await writeGraph(directory, 'encoder_model.onnx', (graph) => {
    named(graph, hearSamples(graph, graph.input('input_values', 'float32', ['B', 'S'])), 'last_hidden_state');
    graph.output('last_hidden_state', 'float32', ['B', 'T', 1]);
  });
  await writeGraph(directory, 'decoder_model_merged.onnx', (graph) => {
    graph.input('input_ids', 'int64', ['B', 'U']);
    const heard = graph.input('encoder_hidden_states', 'float32', ['B', 'T', 1]);
    const names = ['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value'];
    const past = names.map((name) => graph.input(`past_key_values.0.${name}`, 'float32', ['B', 1, 'P', 1]));
    graph.input('use_cache_branch', 'bool', [1]);
    const place = graph.cast(sizeOf(graph, past[0] ?? '', 2), 'float32');
    named(graph, moonshineLogits(graph, heard, place), 'logits');
    const one = graph.constant('one', filled(1, 1, 1, 1, 1));
    for (const [at, name] of names.entries()) {
      const next =
        at < 2
          ? graph.node('Concat', [past[at] ?? '', one], { attributes: { axis: 2 } })
          : reshape(graph, heard, 1, 1, -1, 1);
      named(graph, next, `present.0.${name}`);
    }
    graph.output('logits', 'float32', ['B', 'U', MOONSHINE_TOKENS.length]);
    for (const name of names) graph.output(`present.0.${name}`, 'float32', ['B', 1, 'Q', 1]);
  });
}

/** A block of words for each thing that its prompt can hold. */
const QWEN_BLOCKS = [
  ['Ġthe', 'Ġquick', 'Ġfox'],
  ['Ġder', 'Ġschnelle', 'ĠFuchs'],
  ['Ġa', 'Ġlittle', 'ĠZebra'],
] as const;
const QWEN_BLOCK = 3;
const QWEN_SPECIAL = [
  '<|im_start|>',
  '<|im_end|>',
  '<|audio_start|>',
  '<|audio_end|>',
  '<|audio_pad|>',
  '<asr_text>',
  '<|endoftext|>',
];
const QWEN_HISTORY = 1024;

/** German in the prompt has a G, the word to expect a Z: by these it chooses the block. The tokenizer knows letters alone. */
export async function writeQwen3(directory: string): Promise<void> {
  const letters = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)).concat('Ġ', 'Ċ');
  const words = QWEN_BLOCKS.flat();
  const vocabulary = Object.fromEntries(letters.map((letter, id) => [letter, id]));
  const firstWord = letters.length;
  words.forEach((word, at) => {
    vocabulary[word] = firstWord + at;
  });
  const size = firstWord + words.length + QWEN_SPECIAL.length;
  const special = (token: string): number => firstWord + words.length + QWEN_SPECIAL.indexOf(token);
  await mkdir(join(directory, 'tokenizer'), { recursive: true });
  await writeFile(join(directory, 'tokenizer/vocab.json'), JSON.stringify(vocabulary));
  await writeFile(join(directory, 'tokenizer/merges.txt'), '#version: 0.2\n');
  const added = Object.fromEntries(
    QWEN_SPECIAL.map((content) => [special(content), { content, special: content !== '<asr_text>' }]),
  );
  await writeFile(
    join(directory, 'tokenizer/tokenizer_config.json'),
    JSON.stringify({ added_tokens_decoder: added, eos_token: '<|im_end|>' }),
  );
  await writeGraph(directory, 'conv_frontend.onnx', (graph) => {
    const features = graph.input('input_features', 'float32', ['B', 'T', 128]);
    named(graph, slice(graph, meanOver(graph, features, 2), 1, { step: 8 }), 'conv_output');
    graph.output('conv_output', 'float32', ['B', 'A', 1]);
  });
  await writeGraph(directory, 'encoder.int8.onnx', (graph) => {
    const heard = graph.input('conv_output', 'float32', ['B', 'A', 1]);
    graph.input('feature_attention_mask', 'bool', ['B', 'A']);
    const numbers = beepNumbers(graph, reshape(graph, heard, 1, -1), 0);
    named(graph, reshape(graph, numbers, 1, -1, 1), 'audio_features');
    graph.output('audio_features', 'float32', ['B', 'A', 1]);
  });
  await writeGraph(directory, 'decoder.int8.onnx', (graph) => {
    const ids = graph.cast(graph.input('input_ids', 'int64', ['B', 'S']), 'float32');
    const heard = graph.input('audio_features', 'float32', ['B', 'A', 1]);
    graph.input('attention_mask', 'int64', ['B', 'L']);
    graph.input('cache_position', 'int64', ['S']);
    const past = ['key', 'value'].map((name) =>
      graph.input(`past_${name}_0`, 'float32', ['B', QWEN_HISTORY, 1, 1]),
    );
    named(graph, reshape(graph, ids, 1, -1, 1, 1), 'key_delta_0');
    named(graph, reshape(graph, ids, 1, -1, 1, 1), 'value_delta_0');
    const last = slice(graph, ids, 1, { start: -1 });
    const holds = (letter: string): string =>
      graph.node(
        'ReduceMax',
        [
          graph.cast(
            graph.node('Equal', [
              graph.node('Concat', [reshape(graph, past[0] ?? '', 1, -1), ids], { attributes: { axis: 1 } }),
              number(graph, vocabulary[letter] ?? 0),
            ]),
            'float32',
          ),
        ],
        { attributes: { axes: [1], keepdims: 1 } },
      );
    const block = choose(
      graph,
      holds('Z'),
      number(graph, 2),
      choose(graph, holds('G'), number(graph, 1), number(graph, 0)),
    );
    const start = graph.node('Add', [
      graph.node('Mul', [block, number(graph, QWEN_BLOCK)]),
      number(graph, firstWord),
    ]);
    const inside = graph.node('Sub', [last, graph.node('Sub', [start, number(graph, 1)])]);
    // After the prompt the first word; after a word the next one.
    const isWord = graph.node('Mul', [
      graph.cast(graph.node('Greater', [inside, number(graph, 0.5)]), 'float32'),
      graph.cast(graph.node('Less', [inside, number(graph, QWEN_BLOCK + 0.5)]), 'float32'),
    ]);
    const place = graph.node('Mul', [inside, isWord]);
    const left = graph.node('Sub', [beepCount(graph, heard), place]);
    const target = choose(
      graph,
      left,
      graph.node('Add', [start, place]),
      number(graph, special('<|im_end|>')),
    );
    const logits = logitsAt(graph, reshape(graph, target, 1, 1, 1), size);
    const shape = graph.node('Concat', [graph.integers(1), sizeOf(graph, ids, 1), graph.integers(size)], {
      attributes: { axis: 0 },
    });
    graph.node('Expand', [logits, shape], { outputs: ['logits'] });
    graph.output('logits', 'float32', ['B', 'S', size]);
    graph.output('key_delta_0', 'float32', ['B', 'S', 1, 1]);
    graph.output('value_delta_0', 'float32', ['B', 'S', 1, 1]);
  });
}
