/**
 * Imports a Piper voice: the ONNX file with the metadata by which sherpa-onnx knows a Piper model, and its phoneme list.
 * Format of the configuration: https://github.com/rhasspy/piper/blob/master/TRAINING.md
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeModel, type ModelInfo, type Voice } from '@vox-speech/contract';
import { z } from 'zod';
import { readJson, requireFile } from '../files.js';
import { appendMetadata, inspectModel } from '../onnx/index.js';

const CONFIG = z.object({
  audio: z.object({ sample_rate: z.number().int().positive() }),
  espeak: z.object({ voice: z.string().min(1) }),
  language: z.object({ code: z.string().optional(), name_english: z.string().optional() }).optional(),
  num_speakers: z.number().int().positive().default(1),
  speaker_id_map: z.record(z.string(), z.number().int().min(0)).default({}),
  phoneme_id_map: z.record(z.string(), z.union([z.number().int(), z.array(z.number().int()).min(1)])),
});

/** Piper's length_scale is 1/speed; beyond these the speech is no longer understood. */
const SPEED = { min: 0.25, max: 4 };

export interface PiperImport {
  /** Delivered files by their catalog names: `voice.onnx`, `voice.onnx.json`. */
  readonly files: Readonly<Record<string, string>>;
  /** Folder for `model.onnx` and `tokens.txt`. */
  readonly output: string;
  readonly signal?: AbortSignal;
}

/** Writes the files. `speakers` numbers the voices for the engine. Throws VoxError `model_broken`. */
export async function importPiper(
  request: PiperImport,
): Promise<{ names: string[]; info: ModelInfo; speakers: Record<string, number> }> {
  const source = requireFile(request.files, 'voice.onnx');
  const config = await readJson(requireFile(request.files, 'voice.onnx.json'), CONFIG);
  const locale = (config.language?.code ?? config.espeak.voice).replace('_', '-').toLowerCase();
  const language = locale.split('-')[0] ?? locale;

  // Read to its end, because the engine would end its process over a file that is cut off.
  await inspectModel(source);
  await appendMetadata(
    source,
    join(request.output, 'model.onnx'),
    {
      model_type: 'vits',
      comment: 'piper',
      language:
        config.language?.name_english ??
        new Intl.DisplayNames('en', { type: 'language' }).of(language) ??
        language,
      voice: config.espeak.voice,
      has_espeak: 1,
      n_speakers: config.num_speakers,
      sample_rate: config.audio.sample_rate,
    },
    request.signal,
  );
  const lines = Object.entries(config.phoneme_id_map)
    // A line break can't be in a file of lines, and no text that is spoken has one.
    .filter(([symbol]) => symbol !== '\n')
    .map(([symbol, ids]) => `${symbol} ${Array.isArray(ids) ? ids[0] : ids}\n`);
  await writeFile(join(request.output, 'tokens.txt'), lines.join(''), { flag: 'wx' });

  const speakers: Record<string, number> = { default: 0 };
  const named = Object.entries(config.speaker_id_map).sort(([, a], [, b]) => a - b);
  for (const [id, number] of named) speakers[id] ??= number;
  const voices: Voice[] = Object.keys(speakers).map((id) => ({ id, name: id, language: locale }));
  return {
    names: ['model.onnx', 'tokens.txt'],
    speakers,
    info: describeModel({
      kind: 'tts',
      family: 'piper',
      sampleRate: config.audio.sample_rate,
      languages: [language],
      voices,
      speed: SPEED,
      concurrency: 1,
    }),
  };
}
