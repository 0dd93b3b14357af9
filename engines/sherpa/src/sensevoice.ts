/** SenseVoice: a small recogniser of Chinese, Cantonese, English, Japanese and Korean. */
import type { LoadOptions, Model, ModelFiles } from '@vox-speech/contract';
import { broken, demandModel, metadataNumber, readTokens } from './model-files.js';
import type { Native } from './native.js';
import { createRecognizer } from './recognizer.js';

const LANGUAGES = ['zh', 'yue', 'en', 'ja', 'ko'];
/** What sherpa reads from the metadata, and ends the process without. */
const METADATA = [
  'vocab_size',
  'lfr_window_size',
  'lfr_window_shift',
  'normalize_samples',
  'with_itn',
  'without_itn',
  'lang_auto',
  ...LANGUAGES.map((language) => `lang_${language}`),
  'neg_mean',
  'inv_stddev',
];

/**
 * Loads model.int8.onnx (else model.onnx) and tokens.txt. It detects the language; one that a request names is set by
 * loading the model anew, since the library sets it when it loads: about half a second for its 240 MB.
 * @throws VoxError `model_broken`
 */
export function loadSenseVoice(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const model = demandModel(files, ['model.int8.onnx', 'model.onnx'], { keys: METADATA, inputs: 4 });
  const { path, tokens } = readTokens(files, 'tokens.txt');
  const vocabulary = metadataNumber(files, model, 'vocab_size');
  if (tokens.size < vocabulary)
    throw broken(files, `tokens.txt has ${tokens.size} tokens where the model has ${vocabulary}`);
  return createRecognizer(native, files, options, {
    languages: LANGUAGES,
    canTranslate: false,
    canDetectLanguage: true,
    canTimeWords: true,
    canPrompt: false,
    changes: 'reload',
    files: ({ language }) => ({
      senseVoice: { model: model.path, language, useInverseTextNormalization: 1 },
      tokens: path,
    }),
  });
}
