/** Architecture to loader: a new family of models is a row here. */
import type { LoadOptions, Model, ModelFiles } from '@vox-speech/contract';
import type { Native } from './native.js';
import { loadKokoro, loadPiper } from './tts.js';
import { loadSilero } from './vad.js';
import { loadWhisper } from './whisper.js';

/** Checks the files, then loads them. Throws VoxError `model_broken`. */
export type LoadFamily = (native: Native, files: ModelFiles, options: LoadOptions) => Promise<Model>;

export const FAMILIES: Readonly<Record<string, LoadFamily>> = {
  whisper: loadWhisper,
  piper: loadPiper,
  kokoro: loadKokoro,
  'silero-vad': loadSilero,
};
