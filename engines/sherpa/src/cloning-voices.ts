/** Pocket and ZipVoice: they have no speakers, they speak with the voice of a recording. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadOptions, Model, ModelFiles } from '@vox-speech/contract';
import {
  broken,
  demandModel,
  requireFile,
  requireJson,
  requirePhonemeData,
  requireTokens,
} from './model-files.js';
import type { Native } from './native.js';
import { createSynthesizer, type Recording } from './synthesizer.js';
import type { Speakers } from './voices.js';

/** Folder of the recordings that are published with a model. */
const RECORDINGS = 'test_wavs';
/** Recordings whose voice Pocket keeps after it has listened to them; one takes about 0.5 MB. */
const KEPT_VOICES = 16;
/** Steps of the distilled model that is published, by its own example. */
const ZIPVOICE_STEPS = 4;
const POCKET_SPEED = { min: 1, max: 1 } as const;

/**
 * Loads lm_flow, lm_main and decoder (`*.int8.onnx`, else `*.onnx`), encoder.onnx, text_conditioner.onnx, vocab.json and
 * token_scores.json of Pocket. The recordings that came with it are its voices. It has one speed.
 * @throws VoxError `model_broken`
 */
export function loadPocket(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const demand = (name: string, inputs: number, outputs: number): string =>
    demandModel(files, [`${name}.int8.onnx`, `${name}.onnx`], { inputs, outputs }).path;
  const { path: vocabJson, json: vocabulary } = requireJson(files, 'vocab.json');
  const { path: tokenScoresJson, json: scores } = requireJson(files, 'token_scores.json');
  const ids = Object.values(vocabulary);
  if (ids.some((id) => typeof id !== 'number' || id < 0 || id >= ids.length))
    throw broken(files, 'vocab.json does not number its tokens one by one');
  if (Object.values(scores).some((score) => typeof score !== 'number'))
    throw broken(files, 'token_scores.json holds something else than numbers');
  const recordings = readRecordings(native, files);
  return createSynthesizer(native, files, options, {
    files: {
      pocket: {
        lmFlow: demand('lm_flow', 4, 1),
        // What was said, what is to be said and the states; the condition, whether it is over and the states.
        lmMain: demand('lm_main', 3, 3),
        encoder: demand('encoder', 1, 1),
        decoder: demand('decoder', 2, 2),
        textConditioner: demand('text_conditioner', 1, 1),
        vocabJson,
        tokenScoresJson,
        voiceEmbeddingCacheCapacity: KEPT_VOICES,
      },
    },
    speakers: speakersOfRecordings([...recordings.keys()]),
    languages: ['en'],
    speed: POCKET_SPEED,
    cloning: 'without-text',
    recordingOf: (voice) => (voice === 'default' ? recordings.values().next().value : recordings.get(voice)),
  });
}

/**
 * Loads encoder and decoder (`*.int8.onnx`, else `*.onnx`), the vocoder vocos_24khz.onnx, tokens.txt and lexicon.txt of
 * ZipVoice, with espeak-ng's phoneme data. It reads English and Chinese.
 * @throws VoxError `model_broken`
 */
export function loadZipVoice(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const vocoder = demandModel(files, ['vocos_24khz.onnx'], { keys: ['model_type'], outputs: 3 });
  return createSynthesizer(native, files, options, {
    files: {
      zipvoice: {
        encoder: demandModel(files, ['encoder.int8.onnx', 'encoder.onnx'], { inputs: 4 }).path,
        decoder: demandModel(files, ['decoder.int8.onnx', 'decoder.onnx'], { inputs: 5 }).path,
        vocoder: vocoder.path,
        tokens: requireTokens(files, 'tokens.txt'),
        lexicon: requireFile(files, 'lexicon.txt'),
        dataDir: requirePhonemeData(files),
      },
    },
    speakers: speakersOfRecordings([]),
    languages: ['en', 'zh'],
    cloning: 'with-text',
    steps: ZIPVOICE_STEPS,
  });
}

/** Recordings by their names without the ending; those that are no WAV are left out. */
function readRecordings(native: Native, files: ModelFiles): Map<string, Recording> {
  const folder = join(files.directory, RECORDINGS);
  const recordings = new Map<string, Recording>();
  for (const name of existingNames(folder)) {
    const path = join(folder, name);
    // The library ends the process on what it can't read.
    if (readFileSync(path).subarray(0, 4).toString('latin1') !== 'RIFF') continue;
    recordings.set(name.replace(/\.wav$/i, ''), native.readWave(path, false));
  }
  return recordings;
}

function existingNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.wav$/i.test(name))
      .sort();
  } catch {
    return [];
  }
}

function speakersOfRecordings(names: readonly string[]): Speakers {
  const voices = names.length === 0 ? [] : ['default', ...names];
  return { voices: voices.map((id) => ({ id, name: id, language: 'en' })), ids: new Map() };
}
