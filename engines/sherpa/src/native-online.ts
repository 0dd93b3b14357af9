/** The streaming half of sherpa-onnx-node that this engine calls, typed by hand as in `native.ts`. */

export interface Waveform {
  readonly samples: Float32Array;
  /** Hz. */
  readonly sampleRate: number;
}

/** The files of one streaming recogniser, under the key of its family; exactly one is there. */
export interface OnlineFiles {
  readonly toneCtc?: { readonly model: string };
  readonly tokens: string;
}

export interface OnlineConfig {
  readonly featConfig: { readonly sampleRate: number; readonly featureDim: number };
  readonly modelConfig: OnlineFiles & {
    readonly numThreads: number;
    readonly provider: string;
    readonly debug: 0 | 1;
  };
  readonly enableEndpoint: 0 | 1;
  /** Seconds of silence that end an utterance, said or not. */
  readonly rule1MinTrailingSilence: number;
  /** Seconds of silence that end one in which something was said. */
  readonly rule2MinTrailingSilence: number;
  /** Seconds after which one ends in any case. */
  readonly rule3MinUtteranceLength: number;
}

export interface OnlineResult {
  readonly text: string;
  readonly tokens: readonly string[];
  /** Seconds since `start_time`. */
  readonly timestamps: readonly number[];
  /** Seconds from the stream's first sample to where it was last reset, on the library's clock. */
  readonly start_time: number;
}

export interface OnlineStream {
  /** Resamples, if it must. */
  acceptWaveform(wave: Waveform): void;
  inputFinished(): void;
}

export interface OnlineRecognizer {
  createStream(): OnlineStream;
  isReady(stream: OnlineStream): boolean;
  /** One chunk of each, in one run of the model. A stream that is not ready ends the process. */
  decodeStreams(streams: readonly OnlineStream[]): void;
  isEndpoint(stream: OnlineStream): boolean;
  /** Forgets the text; the clock and the audio that is not decoded yet stay. */
  reset(stream: OnlineStream): void;
  getResult(stream: OnlineStream): OnlineResult;
}
