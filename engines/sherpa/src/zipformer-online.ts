/** Zipformer that hears while somebody speaks: as a transducer, which takes hotwords, and by CTC. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadOptions, Model, ModelFiles } from '@vox-speech/contract';
import {
  broken,
  demandModel,
  type ModelFile,
  metadataNumber,
  readTokens,
  requireFile,
} from './model-files.js';
import type { Native } from './native.js';
import type { Hotwords, OnlineFiles } from './native-online.js';
import { createOnlineRecognizer } from './online.js';
import { languagesOf } from './online-languages.js';

/** Hz. */
const SAMPLE_RATE = 16_000;
/** Ms of a frame of features. */
const FRAME_MS = 10;
/** What the library reads of each version; a missing entry ends the process. */
const LISTS = {
  zipformer2: [
    'encoder_dims',
    'query_head_dims',
    'value_head_dims',
    'num_heads',
    'num_encoder_layers',
    'cnn_module_kernels',
    'left_context_len',
  ],
  zipformer: [
    'encoder_dims',
    'attention_dims',
    'num_encoder_layers',
    'cnn_module_kernels',
    'left_context_len',
  ],
} as const;
/** States of each layer, and those of the whole. */
const STATES = { zipformer2: [6, 2], zipformer: [7, 0] } as const;
/** The library's own. */
const HOTWORDS_SCORE = 1.5;

/**
 * Loads encoder, decoder and joiner (`*.int8.onnx`, else `*.onnx`) and tokens.txt of a streaming Zipformer transducer. With
 * hotwords.txt (one phrase a line) it searches with a beam and expects those words; tokens of pieces then need bpe.vocab.
 * @throws VoxError `model_broken`
 */
export async function loadZipformerOnline(
  native: Native,
  files: ModelFiles,
  options: LoadOptions,
): Promise<Model> {
  const encoder = demandModel(files, ['encoder.int8.onnx', 'encoder.onnx'], {
    keys: ['model_type', 'T', 'decode_chunk_len'],
  });
  const type = encoder.onnx.metadata.get('model_type') ?? '';
  if (type !== 'zipformer2' && type !== 'zipformer')
    throw broken(files, `its encoder is a ${type}, not a streaming Zipformer`);
  checkStates(files, encoder, type);
  const decoder = demandModel(files, ['decoder.int8.onnx', 'decoder.onnx'], {
    keys: ['vocab_size', 'context_size'],
  });
  // By a second output the library takes it for NeMo's.
  if (decoder.onnx.outputs.length !== 1) throw broken(files, 'its decoder has more than one output');
  const joiner = demandModel(files, ['joiner.int8.onnx', 'joiner.onnx'], { inputs: 2 });
  metadataNumber(files, decoder, 'context_size');
  const { path, tokens } = readTokens(files, 'tokens.txt');
  const vocabulary = metadataNumber(files, decoder, 'vocab_size');
  if (tokens.size < vocabulary)
    throw broken(files, `tokens.txt has ${tokens.size} tokens where the model has ${vocabulary}`);
  const hotwords = hotwordsOf(files);
  return createOnlineRecognizer(native, files, options, {
    languages: languagesOf(files),
    sampleRate: SAMPLE_RATE,
    slowClock: 1,
    slowTokens: 1,
    tailMs: tailOf(files, encoder),
    timesTokens: true,
    canScore: true,
    files: {
      transducer: { encoder: encoder.path, decoder: decoder.path, joiner: joiner.path },
      tokens: path,
      ...(hotwords === undefined ? {} : unitsOf(files, tokens)),
    },
    ...(hotwords === undefined ? {} : { hotwords }),
  });
}

/**
 * Loads model.int8.onnx or model.onnx and tokens.txt of a streaming Zipformer of the second version with a CTC head.
 * @throws VoxError `model_broken`
 */
export async function loadZipformerCtcOnline(
  native: Native,
  files: ModelFiles,
  options: LoadOptions,
): Promise<Model> {
  const model = demandModel(files, ['model.int8.onnx', 'model.onnx'], { keys: ['T', 'decode_chunk_len'] });
  checkStates(files, model, 'zipformer2');
  const { path, tokens } = readTokens(files, 'tokens.txt');
  // Without one of them the library ends the process.
  if (!['<blk>', '<eps>', '<blank>'].some((blank) => tokens.has(blank)))
    throw broken(files, 'tokens.txt lacks <blk>');
  return createOnlineRecognizer(native, files, options, {
    languages: languagesOf(files),
    sampleRate: SAMPLE_RATE,
    slowClock: 1,
    slowTokens: 1,
    tailMs: tailOf(files, model),
    timesTokens: true,
    files: { zipformer2Ctc: { model: model.path }, tokens: path },
  });
}

/** The lists of its metadata belong together, and there are as many states as they say. */
function checkStates(files: ModelFiles, model: ModelFile, type: keyof typeof LISTS): void {
  const lists = LISTS[type].map((key) => {
    const numbers = (model.onnx.metadata.get(key) ?? '').split(',').map(Number);
    if (numbers.some((each) => !Number.isInteger(each) || each <= 0))
      throw broken(files, `its metadata entry ${key} is no list of numbers above 0`);
    return { key, numbers };
  });
  const stacks = lists[0]?.numbers.length;
  const odd = lists.find(({ numbers }) => numbers.length !== stacks);
  if (odd !== undefined) throw broken(files, `its metadata entry ${odd.key} has not ${stacks} numbers`);
  const layers = lists.find(({ key }) => key === 'num_encoder_layers')?.numbers ?? [];
  const [each, all] = STATES[type];
  // Samples or answers, and the states.
  const needed = 1 + all + each * layers.reduce((sum, count) => sum + count, 0);
  for (const [name, values] of [
    ['inputs', model.onnx.inputs],
    ['outputs', model.onnx.outputs],
  ] as const)
    if (values.length !== needed)
      throw broken(files, `its model has ${values.length} ${name} where its layers need ${needed}`);
}

/** What is left of a chunk with its look-ahead, and one chunk more. */
function tailOf(files: ModelFiles, model: ModelFile): number {
  return FRAME_MS * (metadataNumber(files, model, 'T') + metadataNumber(files, model, 'decode_chunk_len'));
}

function hotwordsOf(files: ModelFiles): Hotwords | undefined {
  if (!existsSync(join(files.directory, 'hotwords.txt'))) return undefined;
  const score = Number(files.parameters.hotwordsScore ?? HOTWORDS_SCORE);
  if (!(score > 0)) throw broken(files, 'its parameter hotwordsScore is not a number above 0');
  const file = requireFile(files, 'hotwords.txt');
  // The library reads such a word as a number, and ends the process over one that is none.
  const odd = readFileSync(file, 'utf8')
    .split(/\s+/)
    .find((word) => /^[:#@]/.test(word));
  if (odd !== undefined)
    throw broken(files, `hotwords.txt has a word '${odd}': none may begin with :, # or @`);
  return { file, score };
}

/** How phrases become tokens: by characters of Chinese, by pieces, or by both. */
function unitsOf(
  files: ModelFiles,
  tokens: ReadonlyMap<string, number>,
): Pick<OnlineFiles, 'modelingUnit' | 'bpeVocab'> {
  const characters = [...tokens.keys()].some((token) => /^\p{Script=Han}$/u.test(token));
  const pieces = [...tokens.keys()].some((token) => token.startsWith('▁'));
  if (!pieces) return { modelingUnit: 'cjkchar' };
  return {
    modelingUnit: characters ? 'cjkchar+bpe' : 'bpe',
    bpeVocab: requireFile(files, 'bpe.vocab'),
  };
}
