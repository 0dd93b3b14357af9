/** Whisper on sherpa-onnx's offline recogniser: greedy, at most 30 s a call, word times from the cross-attention. */
import type { LoadOptions, Model, ModelFiles } from '@vox-speech/contract';
import { requireModel, requireTokens } from './model-files.js';
import type { Native } from './native.js';
import { createRecognizer } from './recognizer.js';

/** What sherpa reads from the encoder's metadata, and ends the process without. */
const ENCODER_METADATA = [
  'n_mels',
  'n_audio_ctx',
  'n_audio_state',
  'n_vocab',
  'n_text_ctx',
  'n_text_layer',
  'n_text_state',
  'n_text_head',
  'sot_sequence',
  'eot',
  'blank_id',
  'is_multilingual',
  'all_language_tokens',
  'all_language_codes',
  'transcribe',
  'translate',
  'no_timestamps',
];
const CROSS_ATTENTION = 'cross_attention_weights';

/**
 * Loads encoder.int8.onnx, decoder.int8.onnx and tokens.txt.
 * @throws VoxError `model_broken`
 */
export async function loadWhisper(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const encoder = requireModel(files, 'encoder.int8.onnx', ENCODER_METADATA);
  const decoder = requireModel(files, 'decoder.int8.onnx');
  const tokens = requireTokens(files, 'tokens.txt');
  const { metadata } = encoder.onnx;
  const multilingual = metadata.get('is_multilingual') === '1';
  const canTimeWords = decoder.onnx.outputs.includes(CROSS_ATTENTION);
  return createRecognizer(native, files, options, {
    languages: multilingual ? (metadata.get('all_language_codes') ?? '').split(',') : ['en'],
    canTranslate: multilingual,
    canDetectLanguage: multilingual,
    canTimeWords,
    canPrompt: false,
    features: Number(metadata.get('n_mels')),
    changes: multilingual ? 'setConfig' : 'never',
    files: ({ language, task }) => ({
      whisper: {
        encoder: encoder.path,
        decoder: decoder.path,
        language,
        task,
        enableTokenTimestamps: canTimeWords ? 1 : 0,
      },
      tokens,
    }),
  });
}
