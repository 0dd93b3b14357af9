/** Kitten: a very small model with eight English voices. */
import { statSync } from 'node:fs';
import type { LoadOptions, Model, ModelFiles } from '@vox-speech/contract';
import {
  broken,
  demandModel,
  metadataNumber,
  requireFile,
  requirePhonemeData,
  requireTokens,
} from './model-files.js';
import type { Native } from './native.js';
import { createSynthesizer } from './synthesizer.js';
import { speakersOf } from './voices.js';

/**
 * Loads model.fp16.onnx (else model.int8.onnx, model.onnx), voices.bin and tokens.txt, with espeak-ng's phoneme data.
 * @throws VoxError `model_broken`
 */
export function loadKitten(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const model = demandModel(files, ['model.fp16.onnx', 'model.int8.onnx', 'model.onnx'], {
    keys: ['model_type', 'sample_rate', 'n_speakers', 'has_espeak', 'style_dim'],
    inputs: 3,
  });
  const { metadata } = model.onnx;
  if (metadata.get('model_type') !== 'kitten-tts' || metadata.get('has_espeak') !== '1')
    throw broken(files, 'its model is not one of Kitten that reads by espeak-ng');
  const style = (metadata.get('style_dim') ?? '').split(',').map(Number);
  const voices = requireFile(files, 'voices.bin');
  const expected = style.reduce((product, dim) => product * dim, metadataNumber(files, model, 'n_speakers'));
  if (style.length !== 2 || statSync(voices).size !== expected * Float32Array.BYTES_PER_ELEMENT)
    throw broken(files, `voices.bin is not the styles (${style.join(' x ')}) of its speakers`);
  return createSynthesizer(native, files, options, {
    files: {
      kitten: {
        model: model.path,
        tokens: requireTokens(files, 'tokens.txt'),
        voices,
        dataDir: requirePhonemeData(files),
      },
    },
    speakers: speakersOf(files, metadata),
    languages: ['en'],
  });
}
