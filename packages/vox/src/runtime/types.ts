/**
 * The facade that every dialect calls. A dialect parses its wire format into these requests and renders
 * these answers; it never reaches below this file.
 */
import type { RawFormat, StreamFormat } from '@vox-speech/audio';
import type { StreamDecoder } from '@vox-speech/audio/node';
import type { Chunking, Decoder, ModelInfo, ModelKind, Segment, Voice, Warning } from '@vox-speech/contract';
import type { AudioFormat, SpeechSummary, TranscriptSummary } from '../messages/index.js';
import type { CatalogEntry, Manifest, PullEvent } from '../models/types.js';
import type {
  Phrase,
  Piece,
  PieceAnswer,
  ResumableRequest,
  ResumableSessions,
} from '../sessions/resumable/types.js';
import type { LiveListener, LiveRequest, LiveSession } from '../sessions/types.js';
import type { ClonedVoice, StoredVoice, VoiceConsent } from '../voices/index.js';
import type { AliasedModel } from './aliases.js';
import type { RemoteDescription } from './remote.js';

/** What the answers are made of; dialects take these from here. */
export type {
  AliasedModel,
  CatalogEntry,
  ClonedVoice,
  LiveListener,
  LiveRequest,
  LiveSession,
  Manifest,
  Phrase,
  Piece,
  PieceAnswer,
  PullEvent,
  RemoteDescription,
  ResumableRequest,
  ResumableSessions,
  StoredVoice,
  StreamDecoder,
  VoiceConsent,
};

/** Seconds a model stays loaded after its last request; 0 = unload at once, Infinity = for ever. */
export type KeepAlive = number;

/** A speaker whose name is known. */
export interface KnownSpeaker {
  readonly name: string;
  /** Temporary file with 2 to 10 s of their speech. The caller removes it when the answer has ended. */
  readonly path: string;
}

/** Tell speakers apart: every segment has its `speaker`. */
export interface Diarize {
  /** Absent = by channel where a recording has several that carry different voices, else by voice. */
  readonly by?: 'channel' | 'voice';
  readonly known?: readonly KnownSpeaker[];
}

export interface TranscribeRequest {
  /** As the client wrote it; '' = the default recogniser. */
  readonly model: string;
  /** Temporary file with the upload. The caller removes it when the answer has ended. */
  readonly path: string;
  readonly language?: string;
  /** Codes of languages of which one is spoken, the likeliest first; absent or empty = any. */
  readonly languages?: readonly string[];
  /** What the client says of an upload without a header; absent = the content tells. */
  readonly raw?: RawFormat;
  readonly task: 'transcribe' | 'translate';
  readonly words: boolean;
  readonly prompt?: string;
  /** Words and phrases that are likely, within the limits of `runtime/hotwords.ts`; absent = none. */
  readonly hotwords?: readonly string[];
  readonly temperature?: number;
  /** Tokens with their probabilities, of models that tell them. */
  readonly scores?: boolean;
  /** How the recording is cut; absent = as the runner thinks best. */
  readonly chunking?: Chunking;
  /** Of models that decode in more than one way; absent = the model's own. */
  readonly decoder?: Decoder;
  /** Absent = who speaks does not matter. */
  readonly diarize?: Diarize;
  readonly keepAlive?: KeepAlive;
  readonly signal: AbortSignal;
}

/** Resolves once the request is known to be valid and has begun; segments come as they are decoded. */
export interface Transcription {
  /** Canonical reference of the model that works on it. */
  readonly model: string;
  readonly segments: AsyncIterable<Segment>;
  /** Settles after the last segment. */
  readonly summary: Promise<TranscriptSummary>;
  readonly warnings: readonly Warning[];
}

export interface SpeakRequest {
  readonly model: string;
  readonly text: string;
  /** '' or 'default' = the model's default voice. */
  readonly voice: string;
  readonly speed: number;
  /** How to speak, in words; a voice that can't be told answers with a warning. */
  readonly instructions?: string;
  readonly language?: string;
  readonly format: AudioFormat;
  /** Hz; absent = the voice's own. */
  readonly sampleRate?: number;
  /**
   * The caller collects the audio before it answers, so formats whose header states a length state the true one. A WAV
   * then comes as bare samples, to which the caller writes the header. Absent = as made, with unknown sizes.
   */
  readonly whole?: boolean;
  /** More text of the same speaker is to come: what pause follows this one. */
  readonly pauseAfter?: 'sentence' | 'paragraph';
  readonly keepAlive?: KeepAlive;
  readonly signal: AbortSignal;
}

export interface Speech {
  readonly model: string;
  /** Hz of the audio that follows. */
  readonly sampleRate: number;
  readonly audio: AsyncIterable<Uint8Array>;
  readonly summary: Promise<SpeechSummary>;
  readonly warnings: readonly Warning[];
}

/** Speech of a text that is still being written. */
export interface SpeakStreamRequest extends Omit<SpeakRequest, 'text' | 'format' | 'whole' | 'pauseAfter'> {
  /** One stream of audio over all sentences; opus is in Ogg, a packet of 20 ms a page. */
  readonly format: 'pcm' | 'mulaw' | 'alaw' | 'mp3' | 'opus';
  /** Longest part that is spoken at once, in characters; absent = what voices take well. */
  readonly maxSentence?: number;
}

/** How far a speech stream is; totals are of what was written so far. */
export interface SpeechProgress {
  readonly completedCharacters: number;
  readonly totalCharacters: number;
  readonly completedSentences: number;
  readonly totalSentences: number;
}

export interface SpeechStreamListener {
  /** In order, one at a time; the next comes when this resolves. */
  audio(bytes: Uint8Array): Promise<void>;
  /** After each sentence whose audio was made. */
  progress(progress: SpeechProgress): void;
}

export interface SpeechStream {
  readonly model: string;
  /** Hz of the audio. */
  readonly sampleRate: number;
  readonly warnings: readonly Warning[];
  /** More text. It is spoken as soon as a sentence is whole. Throws `too_large` where too much waits unspoken. */
  append(text: string): void;
  /** What was written so far is spoken now, its last sentence as if it were whole. */
  flush(): void;
  /** No more text: what waits is spoken, then `done` resolves. Idempotent. */
  finish(): void;
  /** Rejects with `cancelled` when the signal aborted, `invalid_request` when nothing could be spoken, `runner_crashed`, ... */
  readonly done: Promise<SpeechSummary>;
}

/** Encoded audio that comes bit by bit. */
export interface DecodeStreamRequest {
  readonly format: StreamFormat;
  /** Hz of the PCM16 that comes out. */
  readonly sampleRate: number;
  readonly signal: AbortSignal;
}

export interface LoadedModel {
  readonly reference: string;
  readonly kind: ModelKind;
  /** `cpu`, ...; `remote` of one that runs elsewhere. */
  readonly device: string;
  readonly memoryBytes: number;
  /** Unix seconds. */
  readonly loadedAt: number;
  readonly lastUsed: number;
  readonly leases: number;
  /** Unix seconds at which it is unloaded if nobody asks; absent = never or in use. */
  readonly expiresAt?: number;
  readonly pid?: number;
}

/** Memory as it is now, and the rules for it. */
export interface MemoryReport {
  readonly policy: {
    /** Bytes that all models may take together; null = no budget. */
    readonly budgetBytes: number | null;
    /** Seconds of idleness after which a model is trimmed; 0 = never. */
    readonly idleTrimSeconds: number;
  };
  /** Resident bytes of the server's own process. */
  readonly serverBytes: number;
  /** Of this machine. */
  readonly machine: { readonly freeBytes: number; readonly totalBytes: number };
  readonly models: readonly LoadedModel[];
}

/** A voice as it is listed: of a model, or made from a recording. */
export interface ListedVoice extends Omit<Voice, 'gender'> {
  /** Of a voice made from a recording: whatever its maker wrote. */
  readonly gender?: string;
  readonly cloned?: true;
}

export interface NewVoice {
  /** The recording; the caller removes it. */
  readonly path: string;
  readonly name: string;
  readonly language?: string;
  readonly gender?: string;
  readonly referenceText?: string;
  /** Of the consent that it is made with. */
  readonly consent?: string;
  readonly signal: AbortSignal;
}

/** Voices made from recordings: kept on this machine, spoken by every model that can clone. */
export interface ClonedVoices {
  list(): Promise<readonly ClonedVoice[]>;
  /**
   * Checks a recording in a process of its own and keeps it. Throws `invalid_request` for what is no audio, `unprocessable`
   * for what is no use as a voice, or a consent that there is not; `ffmpeg_missing`, `timeout`, `cancelled`.
   */
  create(voice: NewVoice): Promise<ClonedVoice>;
  /** Throws `not_found`. */
  get(id: string): Promise<StoredVoice>;
  /** Throws `not_found`. */
  remove(id: string): Promise<void>;
}

/** Recordings in which people say that their voice may be used: kept on this machine, listened to by nobody. */
export interface VoiceConsents {
  /** The newest first. */
  list(): Promise<readonly VoiceConsent[]>;
  /** Keeps a copy of a recording. Throws `unsupported_media` for what is no sound. */
  create(path: string, details: Pick<VoiceConsent, 'name' | 'language'>): Promise<VoiceConsent>;
  /** Throws `not_found`. */
  get(id: string): Promise<VoiceConsent>;
  /** Throws `not_found`. */
  rename(id: string, name: string): Promise<VoiceConsent>;
  /** Voices that were made with it stay. Throws `not_found`. */
  remove(id: string): Promise<void>;
}

export interface Runtime {
  transcribe(request: TranscribeRequest): Promise<Transcription>;
  speak(request: SpeakRequest): Promise<Speech>;
  /**
   * Speech of a text that is still being written. Resolves once the model is loaded, and holds it until `done`; between
   * sentences others have their turn. Throws what `speak` throws.
   */
  speakStream(request: SpeakStreamRequest, listener: SpeechStreamListener): Promise<SpeechStream>;
  /** A decoder of one stream of bytes, by the ffmpeg program. Throws `ffmpeg_missing`. */
  decodeStream(request: DecodeStreamRequest): Promise<StreamDecoder>;
  /**
   * A live stream. Resolves once there is a place for it and the model is loaded; throws `overloaded` with a retry hint,
   * `wrong_kind`, `model_not_pulled`, `invalid_request` naming the field.
   */
  listen(request: LiveRequest, listener: LiveListener): Promise<LiveSession>;
  /** Sessions by id: audio comes in pieces, over as many connections and to as many servers as it likes. */
  readonly resumable: ResumableSessions;
  /** Voices of one model and, where it can clone, those made from recordings; loads nothing. Throws wrong_kind, model_not_pulled, model_unknown. */
  voices(model: string): Promise<readonly ListedVoice[]>;
  readonly clonedVoices: ClonedVoices;
  readonly voiceConsents: VoiceConsents;
  /** Pulled models that can transcribe or speak (companions are not listed unless `all`). */
  list(options?: { all?: boolean }): Promise<readonly Manifest[]>;
  /** Models whose manifest is damaged: `list` has them not, and no request finds them. */
  broken(): Promise<readonly { readonly reference: string; readonly reason: string }[]>;
  /** Names that stand for a pulled model: the user's aliases, and OpenAI's names for the defaults. */
  aliases(): Promise<readonly AliasedModel[]>;
  /** The pulled model of requests that name none. Throws model_not_pulled where there is none of the kind. */
  defaultModel(kind: 'stt' | 'tts'): Promise<Manifest>;
  /** A pulled model by any of its names, aliases too. Throws model_unknown / model_not_pulled. */
  show(model: string): Promise<Manifest>;
  loaded(): readonly LoadedModel[];
  /** What the catalog says of a model, pulled or not. Throws invalid_request / model_unknown. */
  describe(model: string): CatalogEntry;
  /** How and where a model that runs elsewhere is reached; undefined for one that runs here. */
  remote(model: Manifest | CatalogEntry): RemoteDescription | undefined;
  /** What is wrong with the user's own catalog entries: one sentence each, with file and field. */
  readonly catalogProblems: readonly string[];
  /** Search of the catalog, pulled or not. */
  search(query: {
    text?: string;
    kind?: string;
    language?: string;
    license?: string;
  }): readonly CatalogEntry[];
  /**
   * Progress; ends with `success` or throws. One transfer however many ask. Aborting stops only this listener. Without
   * `acceptLicense` weights under a non-commercial licence are refused (`license_not_accepted`).
   */
  pull(model: string, options: { signal: AbortSignal; acceptLicense?: boolean }): AsyncIterable<PullEvent>;
  /** Removes a pulled model; throws `conflict` while it is in use. Frees its blobs at once. */
  remove(model: string): Promise<void>;
  /** Loads a model and keeps it for `keepAlive`. */
  preload(model: string, keepAlive?: KeepAlive): Promise<ModelInfo>;
  /** Unloads a model once its leases end (or all of them); resolves with the references unloaded. */
  unload(model?: string): Promise<readonly string[]>;
  /** Unloads what nobody uses now; resolves with the references unloaded. */
  unloadIdle(): Promise<readonly string[]>;
  memory(): MemoryReport;
  /** Trims what has been idle for so long; resolves with the references of which something was freed. */
  trim(minIdleSeconds: number): Promise<readonly string[]>;
  /** Trims one model; bytes freed. Throws `conflict` while it is in use or not loaded, and as `show`. */
  trimModel(model: string): Promise<number>;
  /** Makes room under the memory budget for so many bytes more. Throws `out_of_memory`. */
  makeRoomFor(additionalBytes: number): Promise<void>;
  /** Limits that the transport needs to enforce while bytes still come in. */
  readonly limits: { readonly uploadBytes: number; readonly textCharacters: number };
}
