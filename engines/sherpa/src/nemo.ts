/** NVIDIA's recognisers: Parakeet TDT, which hears languages for itself, and Canary, which is told them and translates. */
import type { LoadOptions, Model, ModelFiles } from '@vox-speech/contract';
import { broken, demandModel, metadataNumber, readTokens } from './model-files.js';
import type { Native } from './native.js';
import { createRecognizer } from './recognizer.js';

/** Version 3's languages, by its model card; version 2 hears English only. */
const PARAKEET_LANGUAGES = [
  ...['bg', 'cs', 'da', 'de', 'el', 'en', 'es', 'et', 'fi', 'fr', 'hr', 'hu', 'it'],
  ...['lt', 'lv', 'mt', 'nl', 'pl', 'pt', 'ro', 'ru', 'sk', 'sl', 'sv', 'uk'],
];
/** Version 2 has a vocabulary of 1024 tokens, version 3 of 8192. */
const MULTILINGUAL_VOCABULARY = 8192;
/** Canary's, by the tokens that sherpa looks up. */
const CANARY_LANGUAGES = ['en', 'es', 'de', 'fr'];
/** The prompt that sherpa builds for Canary; a token that is not there ends the process. */
const CANARY_PROMPT = [
  '<|startofcontext|>',
  '<|startoftranscript|>',
  '<|emo:undefined|>',
  '<|pnc|>',
  '<|noitn|>',
  '<|notimestamp|>',
  '<|nodiarize|>',
  '<|endoftext|>',
  ...CANARY_LANGUAGES.map((language) => `<|${language}|>`),
];

/**
 * Loads encoder, decoder and joiner (`*.int8.onnx`, else `*.onnx`) and tokens.txt of Parakeet TDT.
 * Every token comes with its time and its duration.
 * @throws VoxError `model_broken`
 */
export function loadParakeet(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const encoder = demandModel(files, ['encoder.int8.onnx', 'encoder.onnx'], {
    keys: ['vocab_size', 'subsampling_factor', 'normalize_type', 'pred_rnn_layers', 'pred_hidden', 'url'],
    inputs: 2,
    outputs: 2,
  });
  // Token, its count and two states; the answer, its count and the states' successors.
  const decoder = demandModel(files, ['decoder.int8.onnx', 'decoder.onnx'], { inputs: 4, outputs: 4 });
  const joiner = demandModel(files, ['joiner.int8.onnx', 'joiner.onnx'], { inputs: 2 });
  const { path, tokens } = readTokens(files, 'tokens.txt');
  const vocabulary = metadataNumber(files, encoder, 'vocab_size');
  // By this the library knows that the joiner's answer holds durations, and ends the process over one it doesn't expect.
  if (!(encoder.onnx.metadata.get('url') ?? '').includes('tdt'))
    throw broken(files, "its encoder's metadata entry url does not say that it is a TDT model");
  if (tokens.size !== vocabulary + 1 || tokens.get('<blk>') !== vocabulary)
    throw broken(files, `tokens.txt is not the table of its ${vocabulary} tokens with <blk> at the end`);
  return createRecognizer(native, files, options, {
    languages: vocabulary >= MULTILINGUAL_VOCABULARY ? PARAKEET_LANGUAGES : ['en'],
    canTranslate: false,
    canDetectLanguage: vocabulary >= MULTILINGUAL_VOCABULARY,
    canTimeWords: true,
    canPrompt: false,
    canScore: true,
    changes: 'never',
    files: () => ({
      transducer: { encoder: encoder.path, decoder: decoder.path, joiner: joiner.path },
      tokens: path,
      modelType: 'nemo_transducer',
    }),
  });
}

/**
 * Loads encoder and decoder (`*.int8.onnx`, else `*.onnx`) and tokens.txt of Canary. It does not detect the language: where
 * a request names none, English is taken. A translation is into English.
 * @throws VoxError `model_broken`
 */
export function loadCanary(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const encoder = demandModel(files, ['encoder.int8.onnx', 'encoder.onnx'], {
    keys: ['model_type', 'vocab_size', 'normalize_type', 'subsampling_factor', 'feat_dim'],
    inputs: 2,
    outputs: 3,
  });
  const decoder = demandModel(files, ['decoder.int8.onnx', 'decoder.onnx'], { inputs: 4, outputs: 2 });
  const { path, tokens } = readTokens(files, 'tokens.txt');
  if (encoder.onnx.metadata.get('model_type') !== 'EncDecMultiTaskModel')
    throw broken(files, `its encoder is a ${encoder.onnx.metadata.get('model_type')}, not Canary's`);
  if (tokens.size !== metadataNumber(files, encoder, 'vocab_size'))
    throw broken(files, `tokens.txt has ${tokens.size} tokens where the model has another number`);
  const missing = CANARY_PROMPT.find((token) => !tokens.has(token));
  if (missing !== undefined) throw broken(files, `tokens.txt lacks ${missing}`);
  return createRecognizer(native, files, options, {
    languages: CANARY_LANGUAGES,
    canTranslate: true,
    canDetectLanguage: false,
    canTimeWords: false,
    canPrompt: false,
    features: metadataNumber(files, encoder, 'feat_dim'),
    changes: 'setConfig',
    defaultLanguage: 'en',
    files: ({ language, task }) => ({
      canary: {
        encoder: encoder.path,
        decoder: decoder.path,
        srcLang: language,
        tgtLang: task === 'translate' ? 'en' : language,
        usePnc: 1,
      },
      tokens: path,
    }),
  });
}
