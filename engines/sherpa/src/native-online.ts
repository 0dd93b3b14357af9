/** The streaming half of sherpa-onnx-node that this engine calls, typed by hand as in `native.ts`. */

export interface Waveform {
  readonly samples: Float32Array;
  /** Hz. */
  readonly sampleRate: number;
}

/** The files of one streaming recogniser, under the key of its family; exactly one is there. */
export interface OnlineFiles {
  readonly toneCtc?: { readonly model: string };
  readonly zipformer2Ctc?: { readonly model: string };
  readonly nemoCtc?: { readonly model: string };
  /** Zipformer's or NeMo's: the library tells them apart by the decoder's outputs. */
  readonly transducer?: { readonly encoder: string; readonly decoder: string; readonly joiner: string };
  readonly paraformer?: { readonly encoder: string; readonly decoder: string };
  readonly tokens: string;
  /** How hotwords are written in tokens; with `bpe`, `bpeVocab` must be there. */
  readonly modelingUnit?: 'bpe' | 'cjkchar' | 'cjkchar+bpe';
  /** Pieces and their scores, of SentencePiece. */
  readonly bpeVocab?: string;
}

/** Words to expect. The library's JavaScript takes them for all streams of a recogniser, not for one stream. */
export interface Hotwords {
  /** Path of a file with one phrase a line. */
  readonly file: string;
  /** Natural-log probability a token of them is given in addition. */
  readonly score: number;
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
  /** Absent = greedy. The other ends the process where the family is no Zipformer transducer. */
  readonly decodingMethod?: 'modified_beam_search';
  readonly hotwordsFile?: string;
  readonly hotwordsScore?: number;
}

export interface OnlineResult {
  readonly text: string;
  readonly tokens: readonly string[];
  /** Seconds since `start_time`. */
  readonly timestamps: readonly number[];
  /** Seconds from the stream's first sample to where it was last reset, on the library's clock. */
  readonly start_time: number;
  /** Natural-log probabilities of the tokens; empty of families that tell none. */
  readonly ys_probs?: readonly number[];
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
