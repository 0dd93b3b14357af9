/** The part of sherpa-onnx-node that tells voices apart, typed by hand as in `native.ts`. */
import type { Waveform } from './native-online.js';

interface Runs {
  readonly numThreads: number;
  readonly provider: string;
  readonly debug: 0 | 1;
}

export interface DiarizationConfig {
  readonly segmentation: Runs & { readonly pyannote: { readonly model: string } };
  readonly embedding: Runs & { readonly model: string };
  readonly clustering: {
    /** -1 = as many as there are. */
    readonly numClusters: number;
    /** Distance of two clusters (1 less their product) up to which they are one. */
    readonly threshold: number;
  };
  /** Seconds: a shorter turn is none. */
  readonly minDurationOn: number;
  /** Seconds: over a shorter pause a turn goes on. */
  readonly minDurationOff: number;
}

export interface Diarization {
  /** Blocks the thread; times are in seconds. */
  process(samples: Float32Array): readonly {
    readonly start: number;
    readonly end: number;
    readonly speaker: number;
  }[];
}

interface VectorStream {
  acceptWaveform(wave: Waveform): void;
  inputFinished(): void;
}

export interface VectorExtractor {
  readonly dim: number;
  createStream(): VectorStream;
  isReady(stream: VectorStream): boolean;
  /** Blocks the thread. False: the numbers are copied, so they may be kept. */
  compute(stream: VectorStream, enableExternalBuffer: boolean): Float32Array;
}

export interface NativeSpeakers {
  readonly OfflineSpeakerDiarization: new (config: DiarizationConfig) => Diarization;
  readonly SpeakerEmbeddingExtractor: new (config: Runs & { readonly model: string }) => VectorExtractor;
}
