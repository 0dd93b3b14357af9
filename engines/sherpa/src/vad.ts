/** Silero's voice activity detector, version 5, on sherpa-onnx. */
import type { Model, ModelFiles, ModelInfo, SpeechDetector, SpeechSpan } from '@vox-speech/contract';
import { requireModel } from './model-files.js';
import type { Native, Vad, VadConfig } from './native.js';

/** Hz. */
const SAMPLE_RATE = 16_000;
/** Samples: what the model was trained with, 32 ms. */
const WINDOW = 512;
/** Seconds of audio that the native detector can hold; it holds no more than the stretch that is open. */
const BUFFER_SECONDS = 60;
/** Detectors kept for the next one who asks: one costs 76 ms and 11 MB to make. */
const POOL_LIMIT = 4;

/** Silences from 150 ms on end a stretch, so that whoever cuts at silence has many places to choose from. */
function config(model: string): VadConfig {
  return {
    sileroVad: {
      model,
      threshold: 0.5,
      minSilenceDuration: 0.15,
      minSpeechDuration: 0.1,
      maxSpeechDuration: 30,
      windowSize: WINDOW,
    },
    sampleRate: SAMPLE_RATE,
    numThreads: 1,
    provider: 'cpu',
    debug: 0,
  };
}

/**
 * Loads silero_vad_v5.onnx.
 * @throws VoxError `model_broken`
 */
export async function loadSilero(native: Native, files: ModelFiles): Promise<Model> {
  const { path } = requireModel(files, 'silero_vad_v5.onnx');
  const create = (): Vad => new native.Vad(config(path), BUFFER_SECONDS);
  const pool: Vad[] = [create()];
  const info: ModelInfo = {
    kind: 'vad',
    family: files.family,
    sampleRate: SAMPLE_RATE,
    languages: [],
    voices: [],
    canTranslate: false,
    canDetectLanguage: false,
    canTimeWords: false,
    canPrompt: false,
    concurrency: POOL_LIMIT,
  };
  return {
    info,
    memory: () => ({ bytes: process.memoryUsage.rss() }),
    openDetector: () =>
      new Detector(pool.pop() ?? create(), (vad) => pool.length < POOL_LIMIT && pool.push(vad)),
    close: () => Promise.resolve(),
  };
}

class Detector implements SpeechDetector {
  #vad: Vad | undefined;
  readonly #giveBack: (vad: Vad) => void;

  constructor(vad: Vad, giveBack: (vad: Vad) => void) {
    this.#vad = vad;
    this.#giveBack = giveBack;
  }

  accept(samples: Float32Array): SpeechSpan[] {
    const vad = this.#open();
    vad.acceptWaveform(samples);
    return take(vad);
  }

  flush(): SpeechSpan[] {
    const vad = this.#open();
    vad.flush();
    return take(vad);
  }

  speaking(): boolean {
    return this.#open().isDetected();
  }

  reset(): void {
    this.#open().reset();
  }

  close(): void {
    if (this.#vad === undefined) return;
    this.#vad.reset();
    this.#giveBack(this.#vad);
    this.#vad = undefined;
  }

  #open(): Vad {
    if (this.#vad === undefined) throw new Error('the detector is closed');
    return this.#vad;
  }
}

function take(vad: Vad): SpeechSpan[] {
  const spans: SpeechSpan[] = [];
  while (!vad.isEmpty()) {
    const { start, samples } = vad.front(false);
    spans.push({ start, end: start + samples.length });
    vad.pop();
  }
  return spans;
}
