/** Silero's voice activity detector, version 5, on sherpa-onnx. */
import {
  type DetectorOptions,
  describeModel,
  LEAVES_BELOW,
  type Model,
  type ModelFiles,
  type SpeechDetector,
  type SpeechSpan,
} from '@vox-speech/contract';
import { HystereticDetector } from './hysteretic-detector.js';
import { requireModel } from './model-files.js';
import type { Native, Vad, VadConfig } from './native.js';

/** Hz. */
const SAMPLE_RATE = 16_000;
/** Samples: what the model was trained with, 32 ms. */
const WINDOW = 512;
/** Seconds of audio that the native detector can hold; it holds no more than the stretch that is open. */
const BUFFER_SECONDS = 60;
/** Speech that has lasted so long counts, in samples: 100 ms. */
const MIN_SPEECH = 1_600;
/**
 * The same with a threshold of its own to leave at: two windows in a row. The library wants all of them to pass the threshold to
 * enter, which a high one would make of a quiet word too much.
 */
const MIN_SURE_SPEECH = 16;
/** Detectors kept for the next one who asks: one costs 76 ms and 11 MB to make. */
const POOL_LIMIT = 4;

/**
 * Silero's own default of 0.5 misses quiet words ("ask not" of Kennedy's sentence); at 0.25 none of the shared recordings
 * loses one, and noise, hum, beeps and clicks still give no speech at all. At 0.15 hum does.
 */
const THRESHOLD = 0.25;

/** Silences from 150 ms on end a stretch, so that whoever cuts at silence has many places to choose from. */
const SILENCE_MS = 150;
/** Of a threshold below 0.01, as a float, or of 1 the library makes no detector, and hears nothing with that. */
const THRESHOLDS = { min: 0.02, max: 0.99 };
/** One window. */
const LEAST_SILENCE_MS = 32;

function config(
  model: string,
  { threshold = THRESHOLD, silenceMs = SILENCE_MS }: DetectorOptions,
  minSpeech: number,
): VadConfig {
  return {
    sileroVad: {
      model,
      threshold: Math.min(THRESHOLDS.max, Math.max(THRESHOLDS.min, threshold)),
      minSilenceDuration: Math.max(LEAST_SILENCE_MS, silenceMs) / 1000,
      minSpeechDuration: minSpeech / SAMPLE_RATE,
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
 * Loads silero_vad.onnx.
 * @throws VoxError `model_broken`
 */
export async function loadSilero(native: Native, files: ModelFiles): Promise<Model> {
  const { path } = requireModel(files, 'silero_vad.onnx');
  const create = (options: DetectorOptions = {}, minSpeech = MIN_SPEECH): Vad =>
    new native.Vad(config(path, options, minSpeech), BUFFER_SECONDS);
  const pool: Vad[] = [create()];
  const info = describeModel({
    kind: 'vad',
    family: files.family,
    sampleRate: SAMPLE_RATE,
    concurrency: POOL_LIMIT,
  });
  return {
    info,
    memory: () => ({ bytes: process.memoryUsage.rss() }),
    openDetector: (options) => {
      if (options?.leave !== undefined) return hysteretic(create, options, options.leave);
      // One with a will of its own is made for one recording.
      if (options?.threshold !== undefined || options?.silenceMs !== undefined)
        return new Detector(create(options), MIN_SPEECH, () => {});
      return new Detector(
        pool.pop() ?? create(),
        MIN_SPEECH,
        (vad) => pool.length < POOL_LIMIT && pool.push(vad),
      );
    },
    trim: () => {
      pool.length = 0;
    },
    close: () => Promise.resolve(),
  };
}

/** Of two thresholds the library can be told one, and leaves `LEAVES_BELOW` it: one detector finds where speech begins, another how long it goes on. */
function hysteretic(
  create: (options: DetectorOptions, minSpeech: number) => Vad,
  options: DetectorOptions,
  leave: number,
): SpeechDetector {
  const { threshold = THRESHOLD } = options;
  const one = (threshold: number): SpeechDetector =>
    new Detector(create({ ...options, threshold }, MIN_SURE_SPEECH), MIN_SURE_SPEECH, () => {});
  if (leave >= threshold - LEAVES_BELOW) return one(threshold);
  return new HystereticDetector(one(threshold), one(leave + LEAVES_BELOW), WINDOW);
}

class Detector implements SpeechDetector {
  #vad: Vad | undefined;
  /** What is not a whole window yet. */
  readonly #window = new Float32Array(WINDOW);
  #filled = 0;
  /** Samples that the native detector has had. */
  #position = 0;
  #openSince: number | undefined;
  /** Samples from the beginning of a stretch to its detection, as sherpa reckons them. */
  readonly #onset: number;
  readonly #giveBack: (vad: Vad) => void;

  constructor(vad: Vad, minSpeech: number, giveBack: (vad: Vad) => void) {
    this.#vad = vad;
    this.#onset = 2 * WINDOW + minSpeech;
    this.#giveBack = giveBack;
  }

  accept(samples: Float32Array): SpeechSpan[] {
    const vad = this.#open();
    const spans: SpeechSpan[] = [];
    // Window by window: of a longer piece sherpa decides as a whole, and loses the silences in it.
    for (let at = 0; at < samples.length; ) {
      const taken = Math.min(WINDOW - this.#filled, samples.length - at);
      this.#window.set(samples.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled < WINDOW) break;
      vad.acceptWaveform(this.#window);
      this.#filled = 0;
      this.#position += WINDOW;
      if (!vad.isDetected()) this.#openSince = undefined;
      else this.#openSince ??= Math.max(0, this.#position - this.#onset);
      take(vad, spans);
    }
    return spans;
  }

  flush(): SpeechSpan[] {
    const vad = this.#open();
    if (this.#filled > 0) {
      // The last part of a window, filled up with silence.
      vad.acceptWaveform(this.#window.fill(0, this.#filled));
      this.#filled = 0;
    }
    vad.flush();
    return take(vad, []);
  }

  openSince(): number | undefined {
    return this.#openSince;
  }

  reset(): void {
    this.#filled = 0;
    this.#position = 0;
    this.#openSince = undefined;
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

/** Moves the stretches that have ended to `spans`. */
function take(vad: Vad, spans: SpeechSpan[]): SpeechSpan[] {
  while (!vad.isEmpty()) {
    const { start, samples } = vad.front(false);
    spans.push({ start, end: start + samples.length });
    vad.pop();
  }
  return spans;
}
