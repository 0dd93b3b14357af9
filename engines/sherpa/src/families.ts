/** Architecture to loader: a new family of models is a row here. */
import type { LoadOptions, Model, ModelFiles } from '@vox-speech/contract';
import { loadPocket, loadZipVoice } from './cloning-voices.js';
import { loadDiarization } from './diarization.js';
import { loadKitten } from './kitten.js';
import { loadKokoro } from './kokoro.js';
import { loadMatcha } from './matcha.js';
import { loadMoonshine } from './moonshine.js';
import type { Native } from './native.js';
import { loadCanary, loadParakeet } from './nemo.js';
import { loadNemoCtcOnline, loadNemoTransducerOnline } from './nemo-online.js';
import { loadParaformerOnline } from './paraformer-online.js';
import { loadPiper } from './piper.js';
import { loadQwen3 } from './qwen3.js';
import { loadSenseVoice } from './sensevoice.js';
import { loadSupertonic } from './supertonic.js';
import { loadTone } from './tone.js';
import { loadWhisper } from './whisper.js';
import { loadZipformerCtcOnline, loadZipformerOnline } from './zipformer-online.js';

/** Checks the files, then loads them. Throws VoxError `model_broken`. */
export type LoadFamily = (native: Native, files: ModelFiles, options: LoadOptions) => Promise<Model>;

export const FAMILIES: Readonly<Record<string, LoadFamily>> = {
  whisper: loadWhisper,
  parakeet: loadParakeet,
  canary: loadCanary,
  moonshine: loadMoonshine,
  sensevoice: loadSenseVoice,
  'qwen3-asr': loadQwen3,
  'tone-ctc': loadTone,
  'zipformer-online': loadZipformerOnline,
  'zipformer-ctc-online': loadZipformerCtcOnline,
  'paraformer-online': loadParaformerOnline,
  'nemo-ctc-online': loadNemoCtcOnline,
  'nemo-transducer-online': loadNemoTransducerOnline,
  piper: loadPiper,
  kokoro: loadKokoro,
  matcha: loadMatcha,
  kitten: loadKitten,
  supertonic: loadSupertonic,
  pocket: loadPocket,
  zipvoice: loadZipVoice,
  'pyannote-diarization': loadDiarization,
};
