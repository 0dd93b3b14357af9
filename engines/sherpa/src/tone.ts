/** T-one: streaming Russian telephone speech, by letters. */
import type { LoadOptions, Model, ModelFiles } from '@vox-speech/contract';
import { broken, demandModel, metadataNumber, readTokens } from './model-files.js';
import type { Native } from './native.js';
import { createOnlineRecognizer } from './online.js';

/** Hz: what the model hears; the library resamples. */
const SAMPLE_RATE = 8000;
/** Ms of a chunk, and of the letters that a chunk is answered with. */
const CHUNK_MS = 300;
const LETTER_MS = 30;

/**
 * Loads model.onnx (or model.int8.onnx) and tokens.txt of T-one.
 * The parameter `lateMs` says by how much the weights say letters late: 330 for the published ones.
 * @throws VoxError `model_broken`
 */
export async function loadTone(native: Native, files: ModelFiles, options: LoadOptions): Promise<Model> {
  const model = demandModel(files, ['model.onnx', 'model.int8.onnx'], {
    keys: ['frame_length_ms', 'state_dim', 'sample_rate'],
    // Samples and state; letters and the state's successor.
    inputs: 2,
    outputs: 2,
  });
  for (const [key, wanted] of [
    ['frame_length_ms', CHUNK_MS],
    ['sample_rate', SAMPLE_RATE],
  ] as const)
    if (metadataNumber(files, model, key) !== wanted)
      throw broken(files, `its metadata entry ${key} is not T-one's ${wanted}`);
  metadataNumber(files, model, 'state_dim');
  const { path, tokens } = readTokens(files, 'tokens.txt');
  // Without it the library ends the process.
  if (!tokens.has('<blk>')) throw broken(files, 'tokens.txt lacks <blk>');
  const lateMs = Number(files.parameters.lateMs ?? 0);
  if (!(lateMs >= 0)) throw broken(files, 'its parameter lateMs is not a number of ms');
  return createOnlineRecognizer(native, files, options, {
    languages: ['ru'],
    sampleRate: SAMPLE_RATE,
    // The library counts a chunk where it takes the time of a letter.
    slowClock: CHUNK_MS / LETTER_MS,
    slowTokens: 1,
    // As T-one's own pipeline begins, so that the first word is heard as well as the others.
    leadMs: CHUNK_MS,
    ...(lateMs === 0 ? {} : { lateMs }),
    // What is left of a chunk, and the chunk after it, which the last letter may need.
    tailMs: 2 * CHUNK_MS,
    timesTokens: true,
    phraseFrames: CHUNK_MS / LETTER_MS,
    files: { toneCtc: { model: model.path }, tokens: path },
  });
}
