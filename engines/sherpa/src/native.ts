/**
 * The part of sherpa-onnx-node that this engine calls, typed by hand: the package ships no types, and its JSDoc
 * lists less than the addon reads. Nothing here imports the native library until `loadNative`.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Availability, importPackage, probePackage } from '@vox-speech/contract';
import type { OnlineConfig, OnlineRecognizer, Waveform } from './native-online.js';
import type { NativeSpeakers } from './native-speakers.js';

/** The files of one recogniser, under the key of its family; exactly one is there. */
export interface RecognizerFiles {
  readonly whisper?: {
    readonly encoder: string;
    readonly decoder: string;
    /** '' = detect. An unknown code ends the process. */
    readonly language: string;
    readonly task: 'transcribe' | 'translate';
    /** 1 = token times from the decoder's cross-attention output. Read by the addon, missing in its types. */
    readonly enableTokenTimestamps: 0 | 1;
  };
  readonly transducer?: { readonly encoder: string; readonly decoder: string; readonly joiner: string };
  readonly moonshine?:
    | {
        readonly preprocessor: string;
        readonly encoder: string;
        readonly uncachedDecoder: string;
        readonly cachedDecoder: string;
      }
    | { readonly encoder: string; readonly mergedDecoder: string };
  readonly senseVoice?: {
    readonly model: string;
    /** '' = detect. */
    readonly language: string;
    readonly useInverseTextNormalization: 0 | 1;
  };
  readonly canary?: {
    readonly encoder: string;
    readonly decoder: string;
    /** What is spoken; one of another kind is taken as English. */
    readonly srcLang: string;
    /** What is written. */
    readonly tgtLang: string;
    /** 1 = punctuation and capitals. */
    readonly usePnc: 0 | 1;
  };
  readonly qwen3Asr?: {
    readonly convFrontend: string;
    readonly encoder: string;
    readonly decoder: string;
    /** Folder of vocab.json, merges.txt and tokenizer_config.json. */
    readonly tokenizer: string;
    /** Tokens of prompt, audio and text together. */
    readonly maxTotalLen: number;
    readonly maxNewTokens: number;
  };
  /** '' where the family brings a tokenizer of its own. */
  readonly tokens: string;
  /** Needed where the files alone don't tell the family. */
  readonly modelType?: 'nemo_transducer';
}

export interface RecognizerConfig {
  readonly featConfig: { readonly sampleRate: number; readonly featureDim: number };
  readonly modelConfig: RecognizerFiles & {
    readonly numThreads: number;
    readonly provider: string;
    readonly debug: 0 | 1;
  };
}

export interface RecognizerResult {
  readonly text: string;
  readonly lang: string;
  readonly tokens: readonly string[];
  /** Seconds. */
  readonly timestamps: readonly number[];
  /** Seconds. */
  readonly durations: readonly number[];
  /** Natural-log probabilities of the tokens; empty of families that tell none. */
  readonly ys_log_probs?: readonly number[];
}

export interface OfflineStream {
  acceptWaveform(wave: Waveform): void;
  /** Read by the families that take options with each stream; the others ignore it. */
  setOption(key: string, value: string): void;
}

export interface OfflineRecognizer {
  createStream(): OfflineStream;
  setConfig(config: RecognizerConfig): void;
  /** Runs on libuv's thread pool. */
  decodeAsync(stream: OfflineStream): Promise<RecognizerResult>;
}

/** The files of one synthesiser, under the key of its family; exactly one is there. */
export interface TtsFiles {
  readonly vits?: { readonly model: string; readonly tokens: string; readonly dataDir: string };
  readonly kokoro?: {
    readonly model: string;
    readonly tokens: string;
    readonly voices: string;
    readonly dataDir: string;
    /** Voice of espeak-ng; `extra.lang` of a call goes before it. */
    readonly lang: string;
  };
  readonly kitten?: {
    readonly model: string;
    readonly tokens: string;
    readonly voices: string;
    readonly dataDir: string;
  };
  readonly matcha?: {
    readonly acousticModel: string;
    readonly vocoder: string;
    /** '' where the model speaks by espeak-ng alone. */
    readonly lexicon: string;
    readonly tokens: string;
    /** '' where the model speaks by its lexicon alone. */
    readonly dataDir: string;
  };
  readonly supertonic?: {
    readonly durationPredictor: string;
    readonly textEncoder: string;
    readonly vectorEstimator: string;
    readonly vocoder: string;
    readonly ttsJson: string;
    readonly unicodeIndexer: string;
    readonly voiceStyle: string;
  };
  readonly pocket?: {
    readonly lmFlow: string;
    readonly lmMain: string;
    readonly encoder: string;
    readonly decoder: string;
    readonly textConditioner: string;
    readonly vocabJson: string;
    readonly tokenScoresJson: string;
    /** Recordings whose voice is kept, so that each is listened to once. */
    readonly voiceEmbeddingCacheCapacity: number;
  };
  readonly zipvoice?: {
    readonly tokens: string;
    readonly encoder: string;
    readonly decoder: string;
    readonly vocoder: string;
    readonly dataDir: string;
    readonly lexicon: string;
  };
}

export interface TtsConfig {
  readonly model: TtsFiles & {
    readonly numThreads: number;
    readonly provider: string;
    readonly debug: 0 | 1;
  };
  /** Rules that write out numbers and dates: paths, joined by commas. */
  readonly ruleFsts?: string;
  readonly maxNumSentences: number;
}

/** What belongs to one call. */
export interface GenerationConfig {
  readonly sid: number;
  readonly speed: number;
  /** Steps of a flow model: more are slower and cleaner. */
  readonly numSteps?: number;
  readonly referenceAudio?: Float32Array;
  /** Hz. */
  readonly referenceSampleRate?: number;
  readonly referenceText?: string;
  readonly extra?: Readonly<Record<string, string | number>>;
}

export interface OfflineTts {
  readonly numSpeakers: number;
  /** Hz. */
  readonly sampleRate: number;
  /** Runs on libuv's thread pool; `onProgress` returning 0 stops it after the current piece. */
  generateAsync(request: {
    readonly text: string;
    /** False: the samples are copied, so they may be kept. */
    readonly enableExternalBuffer: boolean;
    readonly generationConfig: GenerationConfig;
    readonly onProgress?: (piece: { readonly samples: Float32Array; readonly progress: number }) => 0 | 1;
  }): Promise<Waveform>;
}

export interface Native extends NativeSpeakers {
  readonly OfflineRecognizer: { createAsync(config: RecognizerConfig): Promise<OfflineRecognizer> };
  readonly OnlineRecognizer: new (config: OnlineConfig) => OnlineRecognizer;
  readonly OfflineTts: { createAsync(config: TtsConfig): Promise<OfflineTts> };
  readonly readWave: (path: string, enableExternalBuffer: boolean) => Waveform;
}

const require = createRequire(import.meta.url);
const PACKAGE = 'sherpa-onnx-node';

/** The package that carries the prebuilt library for this machine, by sherpa's own naming. */
function platformPackage(): string {
  return `sherpa-onnx-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
}

/** Looks whether the package and the prebuilt library of this machine are installed, importing neither. */
export function probeNative(): Availability {
  return probePackage(require, PACKAGE, (manifest) => {
    const platform = platformPackage();
    try {
      // Resolved from sherpa's own place, as its loader does.
      createRequire(manifest).resolve(`${platform}/package.json`);
    } catch {
      if (!existsSync(join(dirname(manifest), '..', platform, 'sherpa-onnx.node')))
        return `${platform} is not installed, or there is none for this machine: npm install ${platform}`;
    }
    return undefined;
  });
}

/**
 * Imports the native library; the process carries it from then on.
 * @throws VoxError `engine_missing` when it is not installed or can't be loaded here
 */
export function loadNative(): Native {
  return importPackage(PACKAGE, probeNative(), () => require(PACKAGE) as Native);
}
