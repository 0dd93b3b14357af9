/** Paraformer that hears while somebody speaks: Chinese and English, without times of words. */
import type { LoadOptions, Model, ModelFiles } from '@vox-speech/contract';
import { broken, demandModel, metadataNumber, readTokens } from './model-files.js';
import type { Native } from './native.js';
import { createOnlineRecognizer } from './online.js';
import { languagesOf } from './online-languages.js';

/** Hz. */
const SAMPLE_RATE = 16_000;
/** Mel features a frame, on which the library relies. */
const FEATURES = 80;
/** Ms: the library's chunk of 61 frames, and the 3 frames of 60 ms of look-ahead, whose words the next chunk says. */
const TAIL_MS = 2 * 610 + 180;

/**
 * Loads encoder and decoder (`*.int8.onnx`, else `*.onnx`) and tokens.txt of a streaming Paraformer. The library decodes its
 * streams one after the other, and takes no hotwords for it.
 * @throws VoxError `model_broken`
 */
export async function loadParaformerOnline(
  native: Native,
  files: ModelFiles,
  options: LoadOptions,
): Promise<Model> {
  const encoder = demandModel(files, ['encoder.int8.onnx', 'encoder.onnx'], {
    keys: ['neg_mean', 'inv_stddev'],
    inputs: 2,
    outputs: 3,
  });
  metadataNumber(files, encoder, 'lfr_window_shift');
  metadataNumber(files, encoder, 'encoder_output_size');
  metadataNumber(files, encoder, 'decoder_kernel_size');
  const blocks = metadataNumber(files, encoder, 'decoder_num_blocks');
  const width = FEATURES * metadataNumber(files, encoder, 'lfr_window_size');
  for (const key of ['neg_mean', 'inv_stddev']) {
    const numbers = (encoder.onnx.metadata.get(key) ?? '').split(',');
    if (numbers.length !== width || numbers.some((each) => !Number.isFinite(Number(each))))
      throw broken(files, `its metadata entry ${key} is no list of ${width} numbers`);
  }
  const decoder = demandModel(files, ['decoder.int8.onnx', 'decoder.onnx'], {
    inputs: 4 + blocks,
    outputs: 2 + blocks,
  });
  const { path, tokens } = readTokens(files, 'tokens.txt');
  if (tokens.size < metadataNumber(files, encoder, 'vocab_size'))
    throw broken(files, 'tokens.txt has fewer tokens than the model');
  return createOnlineRecognizer(native, files, options, {
    languages: languagesOf(files),
    sampleRate: SAMPLE_RATE,
    slowClock: 1,
    slowTokens: 1,
    tailMs: TAIL_MS,
    timesTokens: false,
    files: { paraformer: { encoder: encoder.path, decoder: decoder.path }, tokens: path },
  });
}
