/** Moonshine: a small recogniser of English, or of one other language a model. It knows no times. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadOptions, Model, ModelFiles } from '@vox-speech/contract';
import { broken, demandModel, firstOf, requireFile, requireTokens } from './model-files.js';
import type { Native, RecognizerFiles } from './native.js';
import { createRecognizer } from './recognizer.js';

type Moonshine = NonNullable<RecognizerFiles['moonshine']>;

/** Identifier of ONNX Runtime's own format: a flatbuffer's, after its first offset. */
const ORT_MARK = { at: 4, text: 'ORTM' } as const;

/**
 * Loads version 1 (preprocess, encode, uncached_decode and cached_decode) or version 2 (encoder_model and
 * decoder_model_merged, as .ort or .onnx), and tokens.txt. The catalog's parameter `language` says what it hears.
 * @throws VoxError `model_broken`
 */
export function loadMoonshine(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const tokens = requireTokens(files, 'tokens.txt');
  const isFirst = existsSync(join(files.directory, 'preprocess.onnx'));
  const moonshine = isFirst ? firstVersion(files) : secondVersion(files);
  return createRecognizer(native, files, options, {
    languages: [String(files.parameters.language ?? 'en')],
    canTranslate: false,
    canDetectLanguage: false,
    canTimeWords: false,
    canPrompt: false,
    changes: 'never',
    files: () => ({ moonshine, tokens }),
  });
}

function firstVersion(files: ModelFiles): Moonshine {
  const demand = (name: string, inputs: number, outputs: number): string =>
    demandModel(files, [`${name}.int8.onnx`, `${name}.onnx`], { inputs, outputs }).path;
  return {
    preprocessor: demandModel(files, ['preprocess.onnx']).path,
    encoder: demand('encode', 2, 1),
    // Token, what was heard, its length; the answer and the states.
    uncachedDecoder: demand('uncached_decode', 3, 2),
    cachedDecoder: demand('cached_decode', 4, 2),
  };
}

function secondVersion(files: ModelFiles): Moonshine {
  return {
    encoder: eitherFormat(files, 'encoder_model', 1, 1),
    // Token, what was heard, four states a layer, which branch; the answer and the states.
    mergedDecoder: eitherFormat(files, 'decoder_model_merged', 7, 5),
  };
}

/** Path of a model in ONNX Runtime's own format, of which only the beginning is checked, or in ONNX. */
function eitherFormat(files: ModelFiles, name: string, inputs: number, outputs: number): string {
  const ort = `${name}.ort`;
  if (firstOf(files, [ort, `${name}.onnx`]) !== ort)
    return demandModel(files, [`${name}.onnx`], { inputs, outputs }).path;
  const path = requireFile(files, ort);
  const descriptor = openSync(path, 'r');
  try {
    const mark = Buffer.alloc(ORT_MARK.text.length);
    readSync(descriptor, mark, 0, mark.length, ORT_MARK.at);
    if (mark.toString('latin1') !== ORT_MARK.text)
      throw broken(files, `${ort} is not in the format of ONNX Runtime`);
  } finally {
    closeSync(descriptor);
  }
  return path;
}
