/** Structural Parakeet, SenseVoice and Canary. */
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
  setMetadata,
  sizeOf,
  slice,
  writeGraph,
  writeTokens,
} from './graphs.test.support.js';

/** Features are scaled to mean 0 where the model says `per_feature`: a beep is above. */
const PER_FEATURE_THRESHOLD = 0.3;
/** Log-mel energy of samples in the range of 16 bits; silence is far below. */
const LOG_MEL_THRESHOLD = 5;
const WORDS = ['▁the', '▁quick', '▁bro', 'wn', '▁fox'];

/** @param vocabulary number of tokens: 1024 in version 2, 8192 in version 3 */
export async function writeParakeet(directory: string, vocabulary: number): Promise<void> {
  const padding = Array.from({ length: vocabulary - WORDS.length }, (_, at) => `<unused_${at}>`);
  await writeTokens(directory, [...WORDS, ...padding, '<blk>']);
  await writeGraph(directory, 'encoder.int8.onnx', (graph) => {
    const audio = graph.input('audio_signal', 'float32', ['B', 80, 'T']);
    graph.input('length', 'int64', ['B']);
    setMetadata(graph, {
      vocab_size: vocabulary,
      normalize_type: 'per_feature',
      subsampling_factor: 8,
      pred_rnn_layers: 1,
      pred_hidden: 4,
      feat_dim: 80,
      url: 'https://huggingface.co/nvidia/parakeet-tdt-0.6b-v2',
    });
    const frames = slice(graph, reshape(graph, meanOver(graph, audio, 1), 1, -1), 1, { start: 4, step: 8 });
    const numbers = beepNumbers(graph, frames, PER_FEATURE_THRESHOLD);
    named(graph, reshape(graph, numbers, 1, 1, -1), 'outputs');
    named(graph, sizeOf(graph, numbers, 1), 'encoded_lengths');
    graph.output('outputs', 'float32', ['B', 1, 'T8']);
    graph.output('encoded_lengths', 'int64', ['B']);
  });
  await writeGraph(directory, 'decoder.int8.onnx', (graph) => {
    const targets = graph.input('targets', 'int32', ['B', 'U']);
    const length = graph.input('target_length', 'int32', ['B']);
    named(graph, reshape(graph, graph.cast(targets, 'float32'), 1, 1, 1), 'outputs');
    named(graph, length, 'prednet_lengths');
    for (const state of ['states', 'onnx::Slice_3'])
      named(graph, graph.input(`${state}.1`, 'float32', [1, 'B', 4]), `${state}.next`);
    graph.output('outputs', 'float32', ['B', 1, 'U']);
    graph.output('prednet_lengths', 'int32', ['B']);
    for (const state of ['states', 'onnx::Slice_3']) graph.output(`${state}.next`, 'float32', [1, 'B', 4]);
  });
  await writeGraph(directory, 'joiner.int8.onnx', (graph) => {
    const heard = reshape(graph, graph.input('encoder_outputs', 'float32', ['B', 1, 'T']), 1, 1, 1, 1);
    graph.input('decoder_outputs', 'float32', ['B', 1, 'U']);
    const word = graph.node('Sub', [heard, number(graph, 1)]);
    const target = choose(graph, heard, word, number(graph, vocabulary));
    // Five durations; every token lasts one frame of 80 ms.
    const durations = graph.constant('durations', filled(0, 1, 1, 1, 5));
    const one = graph.node('Add', [
      durations,
      logitsAt(graph, graph.constant('one', filled(1, 1, 1, 1, 1)), 5),
    ]);
    graph.node('Concat', [logitsAt(graph, target, vocabulary + 1), one], {
      attributes: { axis: 3 },
      outputs: ['logits'],
    });
    graph.output('logits', 'float32', ['B', 1, 1, vocabulary + 6]);
  });
}

/** The numbers of the published model's prompt. */
const SENSEVOICE = { auto: 0, zh: 3, en: 4, yue: 7, ja: 11, ko: 12, withItn: 14, withoutItn: 15 };
/** Where the tokens of languages begin in this table. */
const LANGUAGE_TOKENS = 30;

export async function writeSenseVoice(directory: string): Promise<void> {
  const tokens = Array.from({ length: 60 }, (_, id) => `<unused_${id}>`);
  tokens[0] = '<unk>';
  WORDS.forEach((word, at) => {
    tokens[1 + at] = word;
  });
  for (const language of ['zh', 'en', 'yue', 'ja', 'ko'] as const)
    tokens[LANGUAGE_TOKENS + SENSEVOICE[language]] = `<|${language}|>`;
  tokens[50] = '<|NEUTRAL|>';
  tokens[51] = '<|Speech|>';
  tokens[52] = '<|withitn|>';
  await writeTokens(directory, tokens);
  await writeGraph(directory, 'model.int8.onnx', (graph) => {
    const x = graph.input('x', 'float32', ['N', 'T', 560]);
    graph.input('x_length', 'int32', ['N']);
    const asked = graph.cast(graph.input('language', 'int32', ['N']), 'float32');
    graph.input('text_norm', 'int32', ['N']);
    const { auto, withItn, withoutItn, ...languages } = SENSEVOICE;
    setMetadata(graph, {
      vocab_size: tokens.length,
      lfr_window_size: 7,
      lfr_window_shift: 6,
      normalize_samples: 0,
      with_itn: withItn,
      without_itn: withoutItn,
      lang_auto: auto,
      ...Object.fromEntries(Object.entries(languages).map(([code, id]) => [`lang_${code}`, id])),
      neg_mean: new Array(560).fill(0).join(),
      inv_stddev: new Array(560).fill(1).join(),
    });
    const numbers = beepNumbers(graph, reshape(graph, meanOver(graph, x, 2), 1, -1), LOG_MEL_THRESHOLD);
    // Undecided, it hears English.
    const language = choose(graph, asked, asked, number(graph, SENSEVOICE.en));
    const head = [
      reshape(graph, graph.node('Add', [language, number(graph, LANGUAGE_TOKENS)]), 1, 1),
      ...[50, 51, 52].map((id) => graph.constant(`token(${id})`, filled(id, 1, 1))),
    ];
    const path = graph.node('Concat', [...head, numbers], { attributes: { axis: 1 } });
    named(graph, logitsAt(graph, reshape(graph, path, 1, -1, 1), tokens.length), 'logits');
    graph.output('logits', 'float32', ['N', 'T4', tokens.length]);
  });
}

const CANARY_SPECIAL = [
  '<|startofcontext|>',
  '<|startoftranscript|>',
  '<|emo:undefined|>',
  '<|pnc|>',
  '<|nopnc|>',
  '<|noitn|>',
  '<|notimestamp|>',
  '<|nodiarize|>',
  '<|endoftext|>',
  '<|en|>',
  '<|es|>',
  '<|de|>',
  '<|fr|>',
];
const CANARY_WORDS = {
  en: ['▁the', '▁quick', '▁fox'],
  es: ['▁el', '▁zorro', '▁veloz'],
  de: ['▁der', '▁schnelle', '▁fuchs'],
  fr: ['▁le', '▁renard', '▁rapide'],
};
const CANARY_PROMPT_TOKENS = 9;
/** Where the language to be written stands in the prompt. */
const CANARY_TARGET = 4;

/** Its decoder remembers its prompt as its state, and writes the words of the language that stands in it. */
export async function writeCanary(directory: string): Promise<void> {
  const languages = Object.keys(CANARY_WORDS);
  const tokens = [...CANARY_SPECIAL, ...Object.values(CANARY_WORDS).flat()];
  const eos = tokens.indexOf('<|endoftext|>');
  await writeTokens(directory, tokens);
  await writeGraph(directory, 'encoder.int8.onnx', (graph) => {
    const audio = graph.input('audio_signal', 'float32', ['B', 'T', 80]);
    graph.input('length', 'int64', ['B']);
    setMetadata(graph, {
      model_type: 'EncDecMultiTaskModel',
      vocab_size: tokens.length,
      normalize_type: 'per_feature',
      subsampling_factor: 8,
      feat_dim: 80,
      num_decoder_layers: 1,
      decoder_hidden_size: 1,
    });
    const frames = slice(graph, reshape(graph, meanOver(graph, audio, 2), 1, -1), 1, { start: 4, step: 8 });
    const numbers = beepNumbers(graph, frames, PER_FEATURE_THRESHOLD);
    named(graph, reshape(graph, numbers, 1, -1, 1), 'enc_states');
    named(graph, sizeOf(graph, numbers, 1), 'encoded_length');
    named(
      graph,
      graph.node('Add', [graph.node('Mul', [numbers, number(graph, 0)]), number(graph, 1)]),
      'enc_mask',
    );
    graph.output('enc_states', 'float32', ['B', 'T8', 1]);
    graph.output('encoded_length', 'int64', ['B']);
    graph.output('enc_mask', 'float32', ['B', 'T8']);
  });
  await writeGraph(directory, 'decoder.int8.onnx', (graph) => {
    const input = graph.input('decoder_input_ids', 'int32', ['B', 2]);
    const state = graph.input('decoder_mems_list_0', 'float32', ['B', 'U', 1]);
    const heard = graph.input('enc_states', 'float32', ['B', 'T8', 1]);
    graph.input('enc_mask', 'float32', ['B', 'T8']);
    const token = reshape(graph, graph.cast(slice(graph, input, 1, { end: 1 }), 'float32'), 1, 1, 1);
    const history = graph.node('Concat', [state, token], { attributes: { axis: 1 } });
    named(graph, history, 'decoder_mems_list_0_next');
    const place = graph.node('Sub', [
      graph.cast(sizeOf(graph, state, 1), 'float32'),
      number(graph, CANARY_PROMPT_TOKENS - 1),
    ]);
    // While the prompt is shorter than that, what is gathered here is wrong, and nobody looks at it.
    const padded = graph.node(
      'Concat',
      [history, graph.constant('pad', filled(0, 1, CANARY_TARGET + 1, 1))],
      {
        attributes: { axis: 1 },
      },
    );
    const target = slice(graph, padded, 1, { start: CANARY_TARGET, end: CANARY_TARGET + 1 });
    const language = graph.node('Sub', [target, number(graph, tokens.indexOf(`<|${languages[0]}|>`))]);
    const block = graph.node('Mul', [language, number(graph, CANARY_WORDS.en.length)]);
    const word = graph.node('Add', [
      graph.node('Add', [block, reshape(graph, place, 1, 1, 1)]),
      number(graph, CANARY_SPECIAL.length),
    ]);
    const left = graph.node('Sub', [reshape(graph, beepCount(graph, heard), 1, 1, 1), place]);
    named(graph, logitsAt(graph, choose(graph, left, word, number(graph, eos)), tokens.length), 'logits');
    graph.output('logits', 'float32', ['B', 1, tokens.length]);
    graph.output('decoder_mems_list_0_next', 'float32', ['B', 'U1', 1]);
  });
}
