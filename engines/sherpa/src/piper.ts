/** Piper's voices: one a model, some with several speakers; espeak-ng's phonemes. */
import type { LoadOptions, Model, ModelFiles } from '@vox-speech/contract';
import { requireModel, requirePhonemeData, requireTokens } from './model-files.js';
import type { Native } from './native.js';
import { createSynthesizer } from './synthesizer.js';
import { speakersOf } from './voices.js';

/**
 * Loads model.onnx and tokens.txt, with espeak-ng's phoneme data.
 * @throws VoxError `model_broken`
 */
export function loadPiper(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const { path, onnx } = requireModel(files, 'model.onnx', [
    'sample_rate',
    'n_speakers',
    'language',
    'comment',
  ]);
  const code = (onnx.metadata.get('voice') ?? '').split('-')[0] ?? '';
  return createSynthesizer(native, files, options, {
    files: {
      vits: { model: path, tokens: requireTokens(files, 'tokens.txt'), dataDir: requirePhonemeData(files) },
    },
    speakers: speakersOf(files, onnx.metadata),
    languages: code === '' ? [] : [code],
  });
}
