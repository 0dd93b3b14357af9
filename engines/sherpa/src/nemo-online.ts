/** NVIDIA's streaming FastConformer, with a CTC head or as a transducer. */
import type { LoadOptions, Model, ModelFiles } from '@vox-speech/contract';
import { broken, demandModel, type ModelFile, metadataNumber, readTokens } from './model-files.js';
import type { Native } from './native.js';
import type { OnlineFiles } from './native-online.js';
import { createOnlineRecognizer } from './online.js';
import { languagesOf } from './online-languages.js';

/** Hz. */
const SAMPLE_RATE = 16_000;
/** Ms of a frame of features. */
const FRAME_MS = 10;
/** Frames of a token that the library takes for granted of every model with a CTC head. */
const CTC_FRAMES = 4;
const NUMBERS = [
  'window_size',
  'chunk_shift',
  'subsampling_factor',
  'vocab_size',
  ...['channel', 'time'].flatMap((cache) => [1, 2, 3].map((at) => `cache_last_${cache}_dim${at}`)),
];
/** Samples, their count and three caches; answers, their count and the caches' successors. */
const VALUES = 5;

/**
 * Loads model.int8.onnx or model.onnx and tokens.txt of a streaming FastConformer with a CTC head.
 * @throws VoxError `model_broken`
 */
export async function loadNemoCtcOnline(
  native: Native,
  files: ModelFiles,
  options: LoadOptions,
): Promise<Model> {
  const model = demandModel(files, ['model.int8.onnx', 'model.onnx'], { inputs: VALUES, outputs: VALUES });
  return load(native, files, options, model, { nemoCtc: { model: model.path } });
}

/**
 * Loads encoder, decoder and joiner (`*.int8.onnx`, else `*.onnx`) and tokens.txt of a streaming FastConformer transducer.
 * The library decodes it greedily, and takes no hotwords for it.
 * @throws VoxError `model_broken`
 */
export async function loadNemoTransducerOnline(
  native: Native,
  files: ModelFiles,
  options: LoadOptions,
): Promise<Model> {
  const encoder = demandModel(files, ['encoder.int8.onnx', 'encoder.onnx'], {
    keys: ['normalize_type'],
    inputs: VALUES,
    outputs: VALUES,
  });
  metadataNumber(files, encoder, 'pred_rnn_layers');
  metadataNumber(files, encoder, 'pred_hidden');
  // Token, its count and two states; the answer, its count and the states' successors.
  const decoder = demandModel(files, ['decoder.int8.onnx', 'decoder.onnx'], { inputs: 4, outputs: 4 });
  const joiner = demandModel(files, ['joiner.int8.onnx', 'joiner.onnx'], { inputs: 2 });
  return load(native, files, options, encoder, {
    transducer: { encoder: encoder.path, decoder: decoder.path, joiner: joiner.path },
  });
}

function load(
  native: Native,
  files: ModelFiles,
  options: LoadOptions,
  model: ModelFile,
  paths: Omit<OnlineFiles, 'tokens'>,
): Model {
  for (const key of NUMBERS) metadataNumber(files, model, key);
  const vocabulary = metadataNumber(files, model, 'vocab_size');
  const { path, tokens } = readTokens(files, 'tokens.txt');
  if (tokens.size !== vocabulary + 1 || tokens.get('<blk>') !== vocabulary)
    throw broken(files, `tokens.txt is not the table of its ${vocabulary} tokens with <blk> at the end`);
  const frames = metadataNumber(files, model, 'window_size') + metadataNumber(files, model, 'chunk_shift');
  return createOnlineRecognizer(native, files, options, {
    languages: languagesOf(files),
    sampleRate: SAMPLE_RATE,
    slowClock: 1,
    slowTokens:
      paths.nemoCtc === undefined ? 1 : metadataNumber(files, model, 'subsampling_factor') / CTC_FRAMES,
    tailMs: FRAME_MS * frames,
    timesTokens: true,
    ...(paths.transducer === undefined ? {} : { canScore: true as const }),
    files: { ...paths, tokens: path },
  });
}
