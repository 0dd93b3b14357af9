/**
 * Imports Kokoro v1.0: the ONNX file with sherpa-onnx's metadata, the phoneme list, and the voices' styles as one file.
 * A voice file is float32 [510, 256]: a style for each length of text, in phonemes.
 */
import { stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describeModel, type ModelInfo, type Voice, VoxError } from '@vox-speech/contract';
import { z } from 'zod';
import { concatenateFiles, readJson, requireFile } from '../files.js';
import { appendMetadata, inspectModel } from '../onnx/index.js';

const STYLES = 510;
const STYLE_VALUES = 256;
const STYLE_BYTES = STYLES * STYLE_VALUES * Float32Array.BYTES_PER_ELEMENT;
const SAMPLE_RATE = 24_000;
const SPEED = { min: 0.5, max: 2 };
const DEFAULT_VOICE = 'af_heart';

/** First letter of a voice's id: the language it was trained on. Source: Kokoro's VOICES.md. */
const LANGUAGES: Readonly<Record<string, string>> = {
  a: 'en-us',
  b: 'en-gb',
  e: 'es',
  f: 'fr',
  h: 'hi',
  i: 'it',
  j: 'ja',
  p: 'pt',
  z: 'zh',
};

/** Languages whose text the engine can't turn into the phonemes that their voices learned. */
const UNREAD = new Set(['ja', 'zh']);

const TOKENS = z.record(z.string(), z.number().int().min(0));
const VOCABULARY = z.union([z.object({ vocab: TOKENS }).transform(({ vocab }) => vocab), TOKENS]);

export interface KokoroImport {
  /** Delivered files by their catalog names: `model.onnx`, `vocab.json`, `voices/<id>.bin`. */
  readonly files: Readonly<Record<string, string>>;
  /** Folder for `model.onnx`, `tokens.txt` and `voices.bin`. */
  readonly output: string;
  readonly signal?: AbortSignal;
}

/** Writes the files. `speakers` numbers the voices for the engine. Throws VoxError `model_broken`. */
export async function importKokoro(
  request: KokoroImport,
): Promise<{ names: string[]; info: ModelInfo; speakers: Record<string, number> }> {
  const source = requireFile(request.files, 'model.onnx');
  const vocabulary = await readJson(requireFile(request.files, 'vocab.json'), VOCABULARY);
  const voiceFiles = Object.keys(request.files)
    .filter((name) => /^voices\/[^/]+\.bin$/.test(name))
    .sort();
  if (voiceFiles.length === 0)
    throw new VoxError(
      'model_broken',
      'no voices/*.bin came with the model; its catalog entry must list them',
    );
  for (const name of voiceFiles) {
    const { size } = await stat(requireFile(request.files, name));
    if (size !== STYLE_BYTES)
      throw new VoxError(
        'model_broken',
        `${name} has ${size} bytes where a voice has ${STYLE_BYTES}; pull the model again`,
      );
  }
  const ids = voiceFiles.map((name) => basename(name, '.bin'));

  // Read to its end, because the engine would end its process over a file that is cut off.
  await inspectModel(source);
  await appendMetadata(
    source,
    join(request.output, 'model.onnx'),
    {
      model_type: 'kokoro',
      language: 'multi-lang',
      has_espeak: 1,
      sample_rate: SAMPLE_RATE,
      // sherpa-onnx's number for the line of models that Kokoro 1.0 began.
      version: 2,
      voice: 'en-us',
      style_dim: `${STYLES},1,${STYLE_VALUES}`,
      n_speakers: ids.length,
      speaker_names: ids.join(),
      id2speaker: ids.map((id, i) => `${i}->${id}`).join(),
      speaker2id: ids.map((id, i) => `${id}->${i}`).join(),
      maintainer: 'k2-fsa',
      comment: 'kokoro',
    },
    request.signal,
  );
  const lines = Object.entries(vocabulary).map(([symbol, id]) => `${symbol} ${id}\n`);
  await writeFile(join(request.output, 'tokens.txt'), lines.join(''), { flag: 'wx' });
  await concatenateFiles(
    voiceFiles.map((name) => requireFile(request.files, name)),
    join(request.output, 'voices.bin'),
    request.signal,
  );

  const first = ids.includes(DEFAULT_VOICE) ? DEFAULT_VOICE : (ids[0] ?? '');
  const speakers: Record<string, number> = { default: ids.indexOf(first) };
  ids.forEach((id, number) => {
    speakers[id] = number;
  });
  const voices = [{ ...voiceOf(first), id: 'default' }, ...ids.map(voiceOf)];
  const spoken = new Set(voices.flatMap(({ language }) => language?.split('-')[0] ?? []));
  const languages = [...spoken].filter((language) => !UNREAD.has(language)).sort();
  return {
    names: ['model.onnx', 'tokens.txt', 'voices.bin'],
    speakers,
    info: describeModel({
      kind: 'tts',
      family: 'kokoro',
      sampleRate: SAMPLE_RATE,
      languages,
      voices,
      speed: SPEED,
      concurrency: 1,
    }),
  };
}

/** `bf_emma` is Emma, a British woman: letters for language and gender, then the name. */
function voiceOf(id: string): Voice {
  const [, letter = '', gender, name] = /^([a-z])([fm])_(.+)$/.exec(id) ?? [];
  const language = LANGUAGES[letter];
  return {
    id,
    name: name === undefined ? id : `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    ...(language === undefined ? {} : { language }),
    ...(gender === undefined ? {} : { gender: gender === 'f' ? 'female' : 'male' }),
  };
}
