/** Matcha: an acoustic model and a vocoder, one speaker a model; English by espeak-ng, Chinese by a lexicon, or both. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadOptions, Model, ModelFiles } from '@vox-speech/contract';
import { broken, demandModel, requireFile, requirePhonemeData, requireTokens } from './model-files.js';
import type { Native } from './native.js';
import { createSynthesizer } from './synthesizer.js';
import { speakersOf } from './voices.js';

/** Vocoders as published; which one belongs to a model is in the catalog. */
const VOCODERS = ['vocos-22khz-univ.onnx', 'vocos-16khz-univ.onnx', 'hifigan_v2.onnx'] as const;
const VOCODER_TYPES = ['hifigan', 'vocos', 'matcha-tts vocos'];
/** Rules that write out telephone numbers, dates and numbers, in the order in which they are applied. */
const RULES = ['phone', 'date', 'number'].flatMap((name) => [`${name}.fst`, `${name}-zh.fst`]);

/**
 * Loads model-steps-3.onnx (else model.onnx), the vocoder, tokens.txt and, where they are there, lexicon.txt and the rules.
 * @throws VoxError `model_broken`
 */
export function loadMatcha(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const acoustic = demandModel(files, ['model-steps-3.onnx', 'model.onnx'], {
    keys: ['sample_rate', 'n_speakers', 'pad_id', 'use_eos_bos'],
    inputs: 3,
  });
  const { metadata } = acoustic.onnx;
  const vocoder = demandModel(files, [...VOCODERS], { keys: ['model_type'] });
  if (!VOCODER_TYPES.includes(vocoder.onnx.metadata.get('model_type') ?? ''))
    throw broken(files, `its vocoder is a ${vocoder.onnx.metadata.get('model_type')}, which is not known`);
  const bilingual = metadata.get('voice') === 'zh en-us';
  const chinese = bilingual || metadata.get('jieba') === '1';
  const phonemes = bilingual || metadata.get('has_espeak') === '1';
  if (!chinese && !phonemes)
    throw broken(files, 'its acoustic model says neither has_espeak nor jieba: how it reads is not known');
  const rules = RULES.map((name) => join(files.directory, name)).filter((path) => existsSync(path));
  return createSynthesizer(native, files, options, {
    files: {
      matcha: {
        acousticModel: acoustic.path,
        vocoder: vocoder.path,
        lexicon: chinese ? requireFile(files, 'lexicon.txt') : '',
        tokens: requireTokens(files, 'tokens.txt'),
        dataDir: phonemes ? requirePhonemeData(files) : '',
      },
    },
    ...(rules.length === 0 ? {} : { ruleFsts: rules.join() }),
    speakers: speakersOf(files, metadata),
    languages: languagesOf(metadata.get('voice') ?? '', chinese),
  });
}

function languagesOf(voice: string, chinese: boolean): string[] {
  if (!chinese) return [voice.split('-')[0] || 'en'];
  return voice === 'zh en-us' ? ['en', 'zh'] : ['zh'];
}
