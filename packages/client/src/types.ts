/** Requests and answers of a Vox server, as they are on the wire. */

export interface ModelSummary {
  readonly name: string;
  /** `stt`, `tts`, ... */
  readonly type: string;
  readonly format: string;
  readonly architecture: string;
  readonly size_bytes: number;
  readonly description: string;
  /** It runs on a server elsewhere; absent = here. */
  readonly remote?: boolean;
}

/** A model whose manifest is damaged. */
export interface BrokenModel {
  readonly name: string;
  /** What is wrong, and the command that mends it. */
  readonly reason: string;
}

export interface ModelListing {
  readonly models: readonly ModelSummary[];
  /** Absent = none is. */
  readonly broken?: readonly BrokenModel[];
}

export interface ModelLayer {
  readonly media_type: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly filename: string;
}

export interface ModelDetails {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly layers: readonly ModelLayer[];
}

export interface LoadedModel {
  readonly name: string;
  readonly tag: string;
  readonly type: string;
  readonly device: string;
  readonly vram_bytes: number;
  /** Unix seconds. */
  readonly loaded_at: number;
  readonly last_used: number;
  readonly ref_count: number;
  /** Process of its runner, on the server's machine. */
  readonly pid?: number;
}

/** One line of the progress of a pull. `completed` and `total` count files. */
export interface PullProgress {
  readonly status: string;
  readonly error?: string;
  readonly completed?: number;
  readonly total?: number;
  readonly digest?: string;
  readonly bytes_completed?: number;
  readonly bytes_total?: number;
}

export interface VoiceSummary {
  readonly id: string;
  readonly name: string;
  readonly language?: string | null;
  readonly gender?: string | null;
  readonly description?: string | null;
  readonly is_cloned?: boolean;
  /** Where no model was asked for. */
  readonly model?: string;
}

/** A recording that is to become a voice. */
export interface NewVoice {
  readonly name: string;
  readonly file: Blob;
  /** Name of the file, a hint of its format. */
  readonly filename?: string | undefined;
  /** BCP 47, e.g. `en-us`. */
  readonly language?: string | undefined;
  readonly gender?: string | undefined;
  /** The words said in it. */
  readonly referenceText?: string | undefined;
}

export interface CreatedVoice extends VoiceSummary {
  /** Unix seconds. */
  readonly created_at: number;
}

/** What can be pulled. */
export interface CatalogModel {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly license?: string;
  /** The licence allows no commercial use: a pull asks for consent. */
  readonly non_commercial?: boolean;
  readonly languages?: readonly string[];
  /** What a pull downloads, as far as the catalog states it. */
  readonly size_bytes?: number | null;
  readonly pulled?: boolean;
  /** Nothing is downloaded: it runs on a server elsewhere. In the description of one model, how and where. */
  readonly remote?: boolean | object;
  /** Why it can't be pulled; null where it can. */
  readonly unavailable?: string | null;
}

/** The answer to a search. */
export interface CatalogSearch {
  readonly models: readonly CatalogModel[];
  /** What is wrong with the server's own catalog entries. */
  readonly warnings?: readonly string[];
}

export interface PullCallOptions extends CallOptions {
  /** Accept licences that allow no commercial use. */
  readonly acceptLicense?: boolean | undefined;
}

export interface SearchQuery {
  readonly text?: string | undefined;
  readonly type?: string | undefined;
  /** ISO 639-1. */
  readonly language?: string | undefined;
  readonly license?: string | undefined;
}

/** Samples without a header. */
export interface RawInput {
  /** Little-endian, interleaved: 16-bit integers, or floats of which 1 is full scale. */
  readonly format: 'pcm16' | 'f32le';
  /** Hz. */
  readonly sampleRate: number;
  /** Default 1. */
  readonly channels?: number | undefined;
}

/** What can be said of a recording, whatever shall become of it. */
interface RecordingInput {
  /** Reference of a recogniser; absent = the server's default. */
  readonly model?: string | undefined;
  readonly file: Blob;
  /** Name of the file, a hint of its format. */
  readonly filename?: string | undefined;
  /** Only for samples without a header; of everything else the content tells. */
  readonly raw?: RawInput | undefined;
  /** ISO 639-1; absent = detect. */
  readonly language?: string | undefined;
  readonly temperature?: number | undefined;
  /** Names and terms to expect; a model that takes none says so in `warnings`. */
  readonly keywords?: readonly string[] | undefined;
  /** Seconds, "5m", 0 or -1: how long the model stays loaded after this. */
  readonly keepAlive?: string | number | undefined;
}

export interface TranscribeInput extends RecordingInput {
  readonly prompt?: string | undefined;
  /** Times of words too. */
  readonly words?: boolean | undefined;
}

export interface DiarizeInput extends RecordingInput {
  /** What tells speakers apart: `channel`, `voice`, or `auto`: by channel where each has a party of its own. Default `auto`. */
  readonly by?: 'auto' | 'channel' | 'voice' | undefined;
  /** At most 4, with a recording of 2 to 10 s of each; the others are named A, B, ... */
  readonly knownSpeakers?: readonly { readonly name: string; readonly recording: Blob }[] | undefined;
}

/** Something that was asked and could not be met in full. */
export interface RequestWarning {
  readonly type: string;
  /** The field concerned. */
  readonly option?: string;
  readonly message: string;
}

export interface TranscriptWord {
  readonly word: string;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
}

export interface TranscriptSegment {
  readonly id: number;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The answer to `verbose_json`. */
export interface Transcript {
  readonly text: string;
  readonly language?: string;
  /** Seconds. */
  readonly duration?: number;
  readonly segments?: readonly TranscriptSegment[];
  readonly words?: readonly TranscriptWord[];
  /** Absent = all was met. */
  readonly warnings?: readonly RequestWarning[];
}

export interface SpokenSegment {
  readonly id: string;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** `A`, `B`, ... in the order in which they first speak, or the name of a known one. */
  readonly speaker: string;
}

/** The answer to `diarized_json`. `text` has a line for each turn. */
export interface DiarizedTranscript {
  readonly text: string;
  /** Seconds. */
  readonly duration: number;
  readonly segments: readonly SpokenSegment[];
  readonly warnings?: readonly RequestWarning[];
}

export interface SpeakInput {
  readonly model?: string | undefined;
  readonly input: string;
  /** Absent = the model's default voice. */
  readonly voice?: string | undefined;
  /** 1 = as trained. */
  readonly speed?: number | undefined;
  readonly language?: string | undefined;
  /** `wav`, `pcm`, `mp3`, `opus`, `aac` or `flac`. */
  readonly format?: string | undefined;
  /** Send nothing until all is made, so that sizes in headers are true. Default false. */
  readonly whole?: boolean | undefined;
  readonly keepAlive?: string | number | undefined;
}

/** Speech as it is made. Not reading `audio` to its end leaves the server waiting: break out of it, or abort. */
export interface SpokenAudio {
  readonly contentType: string;
  readonly audio: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}
