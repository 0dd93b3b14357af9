/**
 * The engine contract. An engine is a native runtime or a wire that runs families of models. Importing an
 * engine package must not import its native library: only `load` does, inside the runner that hosts it.
 */
import { VoxError } from './errors.js';
import type { TokenUsage } from './live.js';
import type {
  Decoder,
  DetectorOptions,
  Segment,
  SpeakerTurn,
  SynthesizeOptions,
  TranscribeOptions,
} from './transcript.js';

/** Mono float samples in [-1, 1]. */
export interface Pcm {
  readonly samples: Float32Array;
  /** Hz. */
  readonly sampleRate: number;
}

/** `diarizer`: tells voices apart, and knows one again. */
export type ModelKind = 'stt' | 'tts' | 'vad' | 'turn' | 'diarizer';

export interface Availability {
  readonly available: boolean;
  /** Why not, and what to do about it. */
  readonly reason?: string;
  readonly version?: string;
}

/** The files of one pulled model, as an engine sees them. */
export interface ModelFiles {
  /** E.g. `whisper:base.en`; for messages only. */
  readonly reference: string;
  /** Row of the engine's family table: `whisper`, `piper`, `kokoro`, `silero-vad`, ... */
  readonly family: string;
  /** Folder that holds the files under the names the engine wants. */
  readonly directory: string;
  /** Folders of the models this one needs, by family: `silero-vad`, `espeak-ng-data`. */
  readonly companions: Readonly<Record<string, string>>;
  /** What the catalog says of this model to its engine. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
}

/** A server that runs models for us. */
export interface Upstream {
  /** `http://host:port` or `https://...`, without `/v1`. */
  readonly url: string;
  /** Sent as a bearer token; never logged. */
  readonly apiKey?: string;
}

/** How remote models are reached. */
export interface RemoteOptions {
  /** At least one. Those that do not serve the model are left out. */
  readonly upstreams: readonly Upstream[];
  /** An upstream that says nothing for so long while it owes an answer has stalled. */
  readonly stallMs: number;
  /** Absent = utterances are never rolled: the upstream has no limit. */
  readonly rolling?: Rolling;
}

/** When a long utterance goes on in a new context of the model, because one has an end. */
export interface Rolling {
  /** A segment is ended in the first pause after so much audio. */
  readonly segmentMs: number;
  /** Heard twice where there is no pause, so that no word is cut. */
  readonly overlapMs: number;
  /** No segment is longer. */
  readonly limitMs: number;
}

export interface LoadOptions {
  /** Processor threads the model may use. */
  readonly threads: number;
  readonly device: 'auto' | 'cpu' | 'cuda' | 'mps';
  /** For engines that run elsewhere. */
  readonly remote?: RemoteOptions;
}

export interface Voice {
  readonly id: string;
  readonly name: string;
  /** BCP 47, e.g. `en-us`. */
  readonly language?: string;
  readonly gender?: 'female' | 'male';
  /** What is wrong with this voice, for a person; whatever it speaks carries this as a warning. */
  readonly warning?: string;
}

/** What a loaded model can do. Capabilities are data: lists, docs and validation derive from it. */
export interface ModelInfo {
  readonly kind: ModelKind;
  readonly family: string;
  /** Hz: what a recogniser hears, what a voice speaks. */
  readonly sampleRate: number;
  /** ISO 639-1 codes; empty = unknown. */
  readonly languages: readonly string[];
  readonly voices: readonly Voice[];
  /** Longest audio of one `transcribe` call in ms; absent = no limit. */
  readonly maxWindowMs?: number;
  /** Of models that hear streams: it ends an utterance that is so long by itself, in ms, and says `cut`. Absent = it does not. */
  readonly longestUtteranceMs?: number;
  /** Allowed speed, for voices. */
  readonly speed?: { readonly min: number; readonly max: number };
  readonly canTranslate: boolean;
  readonly canDetectLanguage: boolean;
  /** False: it hears the language by itself and can't be told. Absent = it can. */
  readonly canChooseLanguage?: boolean;
  readonly canTimeWords: boolean;
  readonly canPrompt: boolean;
  /** Takes `TranscribeOptions.hotwords` with each request. Absent = no. */
  readonly canBias?: true;
  /** Characters of prompt and hotwords together that it takes; absent = no limit that is known. */
  readonly promptCharacters?: number;
  /** Tells how likely each token of its text is: `Segment.scores`. Absent = no. */
  readonly canScore?: true;
  /** Ways of decoding that a request may choose, the usual one first; absent = the model has one, and no name for it. */
  readonly decoders?: readonly Decoder[];
  /** Is told how to speak: `SynthesizeOptions.instructions`. Absent = no. */
  readonly canInstruct?: true;
  /** Speaks with the voice of a recording: `SynthesizeOptions.reference`. Absent = no. */
  readonly cloning?: boolean;
  /** The recording must come with the words that are said in it. Absent = no. */
  readonly cloningNeedsText?: boolean;
  /** Calls that may run at once and still gain from it. */
  readonly concurrency: number;
  /** Of models with `openUtterance`: absent = one context hears an utterance of any length. */
  readonly rolling?: Rolling;
}

export interface Bytes {
  readonly bytes: number;
}

/** Speech or not, over one stream of audio. Stateful; `reset` makes it new. */
export interface SpeechDetector {
  /** Any number of 16 kHz samples. Stretches of speech that ended meanwhile, in samples since `reset`. */
  accept(samples: Float32Array): SpeechSpan[];
  /** The stream is over: the stretches still open. */
  flush(): SpeechSpan[];
  /** First sample of the stretch that is open now, since `reset`; undefined in silence. */
  openSince(): number | undefined;
  reset(): void;
  /** Gives it back; it must not be used again. Idempotent. */
  close(): void;
}

/** What one detector hears before it is asked what it heard. */
export interface HeardAhead {
  readonly detector: SpeechDetector;
  /** Mono at 16 kHz; the array is the caller's again afterwards. */
  readonly samples: Float32Array;
}

export interface SpeechSpan {
  /** First sample of speech. */
  readonly start: number;
  /** One past the last sample of speech. */
  readonly end: number;
}

export interface StreamPart {
  readonly type: 'transcript-delta' | 'transcript-partial' | 'transcript-final';
  readonly text: string;
  readonly segment?: Segment;
  /** Of a final: its length ended it, and whoever speaks may still do so. Absent = silence did, or the end. */
  readonly cut?: true;
}

/** One utterance of a streaming model. Owns the utterance's state; the model owns the weights. */
export interface TranscriptionStream {
  /** Mono samples at 16 kHz, any number; the array is the caller's again afterwards. */
  push(samples: Float32Array): void;
  ready(): boolean;
  finish(): void;
  poll(): StreamPart[];
  close(): void;
}

/** What is told of an utterance that is heard elsewhere; `done` or `failed` is the last. */
export interface UtteranceListener {
  /** Text that follows what came before and never changes later. */
  delta(text: string): void;
  /** The whole text; it begins with all deltas. */
  done(text: string, usage: TokenUsage | undefined): void;
  /** `upstream_failed`, `upstream_stalled`, `upstream_unavailable`. */
  failed(error: VoxError): void;
  /** It takes audio again after `push` said false. */
  drained(): void;
}

/** One utterance that is heard elsewhere while it is spoken. */
export interface UtteranceStream {
  /**
   * Mono samples at the model's rate, the caller's again afterwards. False: no more for now, `drained` follows; what was given
   * is taken all the same.
   */
  push(samples: Float32Array): boolean;
  /** No more audio. */
  finish(): void;
  /** Ends it at once, there too; nothing more is told. Idempotent. */
  close(): void;
}

/** A loaded model. An optional method is an optional capability. */
export interface Model {
  readonly info: ModelInfo;
  memory(): Bytes;
  /** Segments of one window, times relative to its first sample. Rejects with `cancelled` when the signal aborts. */
  transcribe?(pcm: Pcm, options: TranscribeOptions, signal: AbortSignal): AsyncIterable<Segment>;
  /** Speech of one sentence, as made. */
  synthesize?(text: string, options: SynthesizeOptions, signal: AbortSignal): AsyncIterable<Pcm>;
  /** A new detector, for models of kind `vad`. */
  openDetector?(options?: DetectorOptions): SpeechDetector;
  /**
   * Several of this model's detectors hear in one go, which costs less than one by one: each the samples that follow those it was
   * given, and that its next `accept`s will be given again. What was heard ahead and is not accepted goes with `reset`.
   */
  hearAhead?(ahead: readonly HeardAhead[]): void;
  /** Who speaks when, for models of kind `diarizer`: turns by their start, relative to the first sample. Rejects with `cancelled`. */
  diarize?(pcm: Pcm, signal: AbortSignal): Promise<SpeakerTurn[]>;
  /** The voice that speaks as a vector of length 1: of one person two have a large product. Rejects with `cancelled`. */
  embed?(pcm: Pcm, signal: AbortSignal): Promise<Float32Array>;
  openTranscription?(options: TranscribeOptions): TranscriptionStream;
  step?(ready: readonly TranscriptionStream[]): void;
  /** For models that hear elsewhere: text comes when it comes, no step is needed. Throws nothing; `failed` tells. */
  openUtterance?(options: TranscribeOptions, listener: UtteranceListener): UtteranceStream;
  /** Lets go of what no running call needs and a later one can make again: spare recognisers, caches. */
  trim?(): void;
  close(): Promise<void>;
}

export interface Engine {
  readonly specificationVersion: 'v1';
  readonly name: string;
  /** Can this machine run it? Looks without importing the native library. */
  probe(): Availability;
  /**
   * Imports the native library and nothing else, so that `vox doctor` can say whether it works here; called in a process
   * that may die of it. Absent = there is none. Throws VoxError `engine_missing`.
   */
  loadLibrary?(): void;
  /** Throws VoxError `model_broken` when the files can't be loaded, `engine_missing` when the library isn't there. */
  load(files: ModelFiles, options: LoadOptions): Promise<Model>;
}

/** The engine that a module's default export is. Throws `engine_missing`, naming the module by `title`, where it is none. */
export function engineOf(module: unknown, title: string): Engine {
  const engine = (module as { default?: Partial<Engine> } | null)?.default;
  if (engine?.specificationVersion === 'v1' && typeof engine.name === 'string' && engine.load && engine.probe)
    return engine as Engine;
  throw new VoxError('engine_missing', `${title} is not an engine of specification v1`);
}
