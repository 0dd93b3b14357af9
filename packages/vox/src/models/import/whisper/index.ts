/** Imports a CTranslate2 Whisper checkpoint: two int8 graphs and a token list, and a graph of its features. */
import { join } from 'node:path';
import { type ModelInfo, VoxError } from '@vox-speech/contract';
import { requireFile } from '../files.js';
import { modelLength, writeModel } from '../onnx/index.js';
import { readSettings, readShape } from './checkpoint.js';
import { Ct2Model } from './ct2-reader.js';
import { buildDecoder } from './decoder.js';
import { buildEncoder } from './encoder.js';
import { buildFeatures } from './features.js';
import { encoderMetadata, languagesOf } from './metadata.js';
import { readVocabulary, writeTokens } from './tokens.js';

/** What Whisper hears, in Hz, and the longest audio it hears at once, in ms. */
const SAMPLE_RATE = 16_000;
const WINDOW_MS = 30_000;

export interface WhisperImport {
  /** Delivered files by their catalog names: `model.bin`, `config.json`, `tokenizer.json`, `vocabulary.json|txt`. */
  readonly files: Readonly<Record<string, string>>;
  /** Folder for `encoder.int8.onnx`, `decoder.int8.onnx`, `features.onnx`, `tokens.txt`. */
  readonly output: string;
  /** Size of the model for its metadata, e.g. `base.en`. */
  readonly name: string;
  readonly signal?: AbortSignal;
  /** Bytes written, and in all. */
  readonly onProgress?: (written: number, total: number) => void;
}

/** Writes the four files; throws VoxError `model_broken` when the checkpoint can't be read. */
export async function importWhisper(request: WhisperImport): Promise<{ names: string[]; info: ModelInfo }> {
  const model = await Ct2Model.open(requireFile(request.files, 'model.bin'));
  try {
    const shape = await readShape(model);
    const settings = await readSettings(request.files['config.json'], shape);
    const vocabulary = await readVocabulary(request.files);
    const largest = Math.max(...vocabulary.text.keys());
    if (largest >= shape.vocabularySize)
      throw new VoxError(
        'model_broken',
        `the token list has token ${largest}, the weights end at ${shape.vocabularySize - 1}`,
      );
    await writeTokens(join(request.output, 'tokens.txt'), vocabulary);

    const encoder = buildEncoder(model, shape);
    for (const [key, value] of encoderMetadata(request.name, shape, settings, vocabulary))
      encoder.metadata.set(key, value);
    const decoder = buildDecoder(model, shape, settings);
    const graphs = [
      ['encoder.int8.onnx', encoder],
      ['decoder.int8.onnx', decoder],
      ['features.onnx', buildFeatures(shape.mels)],
    ] as const;
    const total = graphs.reduce((sum, [, graph]) => sum + modelLength(graph), 0);
    let before = 0;
    for (const [name, graph] of graphs) {
      before += await writeModel(join(request.output, name), graph, {
        ...(request.signal === undefined ? {} : { signal: request.signal }),
        onProgress: (written) => request.onProgress?.(before + written, total),
      });
    }
    const { codes } = languagesOf(vocabulary, shape);
    return {
      names: ['encoder.int8.onnx', 'decoder.int8.onnx', 'features.onnx', 'tokens.txt'],
      info: {
        kind: 'stt',
        family: 'whisper',
        sampleRate: SAMPLE_RATE,
        languages: codes.length === 0 ? ['en'] : codes,
        voices: [],
        maxWindowMs: WINDOW_MS,
        canTranslate: codes.length > 0,
        canDetectLanguage: codes.length > 0,
        canTimeWords: settings.alignmentHeads.length > 0,
        canPrompt: true,
        canBias: true,
        canScore: true,
        concurrency: 1,
      },
    };
  } finally {
    await model.close();
  }
}
