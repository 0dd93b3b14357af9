/**
 * The one message union between the server and a runner, whether that is a child process, a thread or the
 * same thread. Control travels as JSON; samples and encoded audio travel as the frame's binary body.
 */
import type {
  ErrorRecord,
  LiveEvent,
  LiveOptions,
  LiveSummary,
  LoadOptions,
  ModelFiles,
  ModelInfo,
  Segment,
  SpeakerTurn,
  SynthesizeOptions,
  TranscribeOptions,
  Warning,
} from '@vox-speech/contract';

/** Audio that lies in a file, possibly still growing. */
export interface FileSource {
  readonly path: string;
  /** `wav`: parsed by the runner. `pcm16`, `f32`: raw little-endian samples at `sampleRate`. */
  readonly format: 'wav' | 'pcm16' | 'f32';
  readonly sampleRate?: number;
  /** Interleaved channels of raw samples; absent = 1. */
  readonly channels?: number;
  /** True while a writer is still adding to it; a `source-end` message follows. */
  readonly growing: boolean;
  /** Audio longer than this is refused with `too_large`. */
  readonly maxSeconds: number;
}

export type AudioFormat = 'wav' | 'pcm' | 'mulaw' | 'alaw' | 'mp3' | 'opus' | 'aac' | 'flac';

export interface SpeechOutput {
  readonly format: AudioFormat;
  /** Hz; absent = the voice's own rate. */
  readonly sampleRate?: number;
  /** Header of a WAV: `stream` writes unknown sizes, so that it can leave before the end is known. */
  readonly wavHeader: 'stream' | 'none';
  /** Path of a temporary file to encode into, so that the header can state the length; the server removes it. */
  readonly file?: string;
  /** Path of the ffmpeg program for encoded formats. */
  readonly ffmpeg?: string;
}

/** A recording whose voice is to speak. */
export interface ReferenceFile {
  /** Of a WAV. */
  readonly path: string;
  /** The words said in it; '' = not known. */
  readonly text: string;
}

/** Server to runner. */
export type ToRunner =
  | {
      readonly type: 'load';
      /** Module URL or package name of the engine. */
      readonly engine: string;
      readonly files: ModelFiles;
      readonly options: LoadOptions;
      /** Engines of companions that another engine than the model's runs, by family. */
      readonly companionEngines?: Readonly<Record<string, string>>;
    }
  | {
      readonly type: 'transcribe';
      readonly id: number;
      readonly source: FileSource;
      readonly options: TranscribeOptions;
      /**
       * Hear each channel on its own: `all`, or only where they carry different voices; answered by `channels`. Absent = their
       * mean.
       */
      readonly channels?: 'all' | 'different';
    }
  /** Who speaks when; `source` and `known` are whole. */
  | {
      readonly type: 'diarize';
      readonly id: number;
      readonly source: FileSource;
      /** Recordings of known speakers. */
      readonly known: readonly FileSource[];
      /** There is one speaker on each of so many channels, and only their names are asked for. */
      readonly channels?: number;
    }
  | { readonly type: 'source-end'; readonly id: number; readonly error?: ErrorRecord }
  | {
      readonly type: 'synthesize';
      readonly id: number;
      readonly text: string;
      readonly options: Omit<SynthesizeOptions, 'reference'>;
      /** The voice to speak with; read in the runner. */
      readonly reference?: ReferenceFile;
      readonly output: SpeechOutput;
      /** More text of the same speaker is to come: what pause follows this one. */
      readonly pauseAfter?: 'sentence' | 'paragraph';
      /** Bytes of audio that may be on their way unacknowledged. */
      readonly credit: number;
    }
  | { readonly type: 'credit'; readonly id: number; readonly bytes: number }
  /** A live stream; `cancel` ends it at once, `end` and `error` are its last words. */
  | { readonly type: 'listen'; readonly id: number; readonly options: LiveOptions }
  /**
   * What came in for all live streams of this runner since the last tick: the body is their samples one after another,
   * `bytes[i]` of it for stream `ids[i]`, always whole samples. A stream may come more than once.
   */
  | { readonly type: 'frames'; readonly ids: readonly number[]; readonly bytes: readonly number[] }
  /** Audio of that length was dropped before the next frames. */
  | { readonly type: 'skip'; readonly id: number; readonly samples: number }
  /** `commit`: end the utterance here. `finish`: no more audio will come. Both after the frames sent before. */
  | { readonly type: 'commit' | 'finish'; readonly id: number }
  /** Answered by `marked`, once the frames sent before are heard. */
  | { readonly type: 'mark'; readonly id: number }
  | { readonly type: 'cancel'; readonly id: number }
  /** Give memory back that nobody needs now; answered by `trimmed`. */
  | { readonly type: 'trim' }
  | { readonly type: 'close' };

export interface TranscriptSummary {
  readonly language?: string;
  /** Of the audio. */
  readonly durationMs: number;
  /** Wall time in the runner. */
  readonly processingMs: number;
  readonly warnings: readonly Warning[];
}

/** Who speaks when, and which of the known speakers each is. */
export interface SpeakersFound {
  readonly turns: readonly SpeakerTurn[];
  /** For each speaker (or channel) the number of the known one that it is; null where it is none of them. */
  readonly known: readonly (number | null)[];
}

export interface SpeechSummary {
  readonly durationMs: number;
  readonly processingMs: number;
  readonly warnings: readonly Warning[];
}

/** Runner to server. */
export type FromRunner =
  | { readonly type: 'ready'; readonly info: ModelInfo; readonly memoryBytes: number }
  | { readonly type: 'load-failed'; readonly error: ErrorRecord }
  | { readonly type: 'segment'; readonly id: number; readonly segment: Segment }
  /** Channels that are each heard on their own, 0 = their mean is; before the first segment. */
  | { readonly type: 'channels'; readonly id: number; readonly apart: number }
  /** Hz and channels of what follows; the first thing a synthesis says. */
  | { readonly type: 'audio-start'; readonly id: number; readonly sampleRate: number }
  /** The frame's body is audio in the requested format. */
  | { readonly type: 'audio'; readonly id: number }
  | {
      readonly type: 'end';
      readonly id: number;
      readonly transcript?: TranscriptSummary;
      readonly speech?: SpeechSummary;
      readonly live?: LiveSummary;
      readonly speakers?: SpeakersFound;
    }
  /** A live stream is open: the engine is ready for it, and what comes is heard at once. Behind a `load`. */
  | { readonly type: 'listening'; readonly id: number }
  /** Events of live streams, in order for each. */
  | { readonly type: 'live'; readonly events: readonly { readonly id: number; readonly event: LiveEvent }[] }
  /** Bytes of `frames` that were taken from the runner's queues since the last such word: room for as many more. */
  | { readonly type: 'taken'; readonly ids: readonly number[]; readonly bytes: readonly number[] }
  /** What was sent before so many `mark`s is heard, and all that follows from it is told. */
  | { readonly type: 'marked'; readonly id: number; readonly marks: number }
  /** How busy the runner is: processor seconds it needs for a second of live audio, all streams together. */
  | {
      readonly type: 'load';
      readonly realTimeFactor: number;
      readonly streams: number;
      /** Streams in each step of the model since the last word; absent where none is made for several. */
      readonly batches?: readonly number[];
    }
  | { readonly type: 'error'; readonly id: number; readonly error: ErrorRecord }
  /** Bytes that the runner holds now: after a job, while none runs. */
  | { readonly type: 'memory'; readonly bytes: number }
  /** The same after `trim`, with what it was before. */
  | { readonly type: 'trimmed'; readonly before: number; readonly bytes: number }
  | { readonly type: 'closed' };

/** A message with its binary body, if it has one. */
export interface Envelope<M> {
  readonly message: M;
  readonly body?: Uint8Array;
}
