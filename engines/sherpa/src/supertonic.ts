/** Supertonic: a flow model with ten speakers that reads letters as they are, told the language with each call. */
import { readFileSync, statSync } from 'node:fs';
import { type LoadOptions, type Model, type ModelFiles, VoxError } from '@vox-speech/contract';
import { broken, demandModel, requireFile, requireJson } from './model-files.js';
import type { Native } from './native.js';
import { createSynthesizer } from './synthesizer.js';
import { numberedSpeakers, speakersOf } from './voices.js';

/** What version 2 reads; the catalog's parameter `languages` (codes, joined by commas) says it of other versions. */
const LANGUAGES = 'en,ko,es,pt,fr';
const DEFAULT_LANGUAGE = 'en';
/** Sizes in front of voice.bin: of the styles of speech, then of those of durations; 64-bit integers. */
const HEADER_NUMBERS = 6;
/** What sherpa reads from tts.json, and ends the process without. */
const NUMBERS = [
  ['ae', 'sample_rate'],
  ['ae', 'base_chunk_size'],
  ['ttl', 'chunk_compress_factor'],
  ['ttl', 'latent_dim'],
] as const;

/**
 * Loads duration_predictor, text_encoder, vector_estimator and vocoder (`*.int8.onnx`, else `*.onnx`), tts.json,
 * unicode_indexer.bin and voice.bin.
 * @throws VoxError `model_broken`
 */
export function loadSupertonic(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const demand = (name: string, inputs: number): string =>
    demandModel(files, [`${name}.int8.onnx`, `${name}.onnx`], { inputs }).path;
  const unicodeIndexer = requireFile(files, 'unicode_indexer.bin');
  if (statSync(unicodeIndexer).size % Int32Array.BYTES_PER_ELEMENT !== 0)
    throw broken(files, 'unicode_indexer.bin is not a list of 32-bit numbers');
  const { path: voiceStyle, speakers } = readStyles(files);
  const languages = String(files.parameters.languages ?? LANGUAGES).split(',');
  return createSynthesizer(native, files, options, {
    files: {
      supertonic: {
        durationPredictor: demand('duration_predictor', 3),
        textEncoder: demand('text_encoder', 3),
        vectorEstimator: demand('vector_estimator', 7),
        vocoder: demand('vocoder', 1),
        ttsJson: readConfig(files),
        unicodeIndexer,
        voiceStyle,
      },
    },
    speakers: speakersOf(files, new Map([['speaker_names', numberedSpeakers(speakers)]])),
    languages,
    extra: ({ language = DEFAULT_LANGUAGE }) => {
      const code = language.split('-')[0] ?? language;
      if (!languages.includes(code))
        throw new VoxError(
          'invalid_request',
          `language '${language}' is not one that this model reads: ${languages.join(', ')}`,
          { param: 'language' },
        );
      return { lang: code };
    },
  });
}

function readConfig(files: ModelFiles): string {
  const { path, json } = requireJson(files, 'tts.json');
  for (const [section, name] of NUMBERS) {
    const value = (json[section] as Record<string, unknown> | undefined)?.[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0)
      throw broken(files, `tts.json states no ${section}.${name}`);
  }
  return path;
}

/** How many speakers voice.bin has: the first size of both kinds of style. */
function readStyles(files: ModelFiles): { path: string; speakers: number } {
  const path = requireFile(files, 'voice.bin');
  const bytes = readFileSync(path);
  const head = HEADER_NUMBERS * BigInt64Array.BYTES_PER_ELEMENT;
  const sizes =
    bytes.length < head
      ? []
      : Array.from({ length: HEADER_NUMBERS }, (_, at) => Number(bytes.readBigInt64LE(at * 8)));
  const floats = sizes.slice(0, 3).reduce((a, b) => a * b, 1) + sizes.slice(3).reduce((a, b) => a * b, 1);
  const [speakers = 0] = sizes;
  if (
    sizes.some((size) => size <= 0) ||
    speakers !== sizes[3] ||
    bytes.length !== head + floats * Float32Array.BYTES_PER_ELEMENT
  )
    throw broken(files, 'voice.bin does not hold the styles that its head states');
  return { path, speakers };
}
