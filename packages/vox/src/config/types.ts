/** The configuration as the rest of the program sees it: parsed, validated, frozen, in slices. */
import type { Rolling, Upstream } from '@vox-speech/contract';
import type { EngineConfig } from './engine-types.js';

export type Compat = 'vox' | 'stt-ws' | 'yap' | 't-one';
export type Device = 'auto' | 'cpu' | 'cuda' | 'mps';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type LogFormat = 'plain' | 'json';

/** Where the server listens and which original it answers for on shared paths. */
export interface ServerConfig {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Absent = off; 0 = any free port. */
  readonly grpcPort?: number;
  /** HTTPS, with the pair of these files or one that is made here; absent = HTTP. */
  readonly tls?: { readonly files?: { readonly cert: string; readonly key: string } };
  readonly compat: Compat;
  /** What `GET /` calls the API under VOX_COMPAT=t-one; absent = as the original. */
  readonly api: { readonly title?: string; readonly description?: string; readonly version?: string };
}

/** A name that stands for another. */
export interface Alias {
  readonly name: string;
  readonly target: string;
}

/** The store, and how models get into it. */
export interface ModelsConfig {
  /** Absolute path of VOX_HOME. */
  readonly home: string;
  /** Pull a model that a request names and the machine lacks. */
  readonly autoPull: boolean;
  /** Further names of models; the first of a name counts. */
  readonly aliases: readonly Alias[];
  /** Further names of voices; of several with one name the first that a model has. */
  readonly voiceAliases: readonly Alias[];
  readonly sttModel?: string;
  readonly ttsModel?: string;
  /** Program; absent = `ffmpeg` on PATH, else the one that `vox pull ffmpeg` brought. */
  readonly ffmpeg?: string;
  /** The Python whose pip is used; absent = python3 or python on PATH. */
  readonly python?: string;
  /** Program. */
  readonly npm: string;
  /** Address of further catalog entries. */
  readonly catalogUrl?: string;
  /** Folder with tarballs of engines and of what they need; absent = npm's registry. */
  readonly engineSource?: string;
  readonly hub: HubConfig;
}

/** The model hub (Hugging Face's variable names). */
export interface HubConfig {
  readonly endpoint: string;
  readonly token?: string;
  readonly offline: boolean;
}

export interface SchedulerConfig {
  readonly device: Device;
  /** Processor threads all models together aim at. */
  readonly threads: number;
  readonly maxLoaded: number;
  /** Seconds; 0 = unload at once, Infinity = for ever. */
  readonly keepAlive: number;
  /** Bytes; absent = no budget. */
  readonly maxMemory?: number;
  /** Seconds after its last request at which a model gives memory back; 0 = never. */
  readonly idleTrim: number;
  /** Requests that may wait for one model before the next gets 429. */
  readonly maxQueue: number;
  readonly maxStreams: number;
  readonly preload: readonly string[];
}

export interface GuardConfig {
  /** Empty = no key is asked for. */
  readonly apiKeys: readonly string[];
  /** Origins of web pages that may call; `*` = any. */
  readonly corsOrigins: readonly string[];
  /** Values of the Host header accepted beside loopback names and the address listened on; `*` = any. */
  readonly allowedHosts: readonly string[];
  /** Listen beyond loopback without a key. */
  readonly insecure: boolean;
  /** Bytes of one upload. */
  readonly maxUpload: number;
  /** Seconds of audio in one upload. */
  readonly maxDuration: number;
  /** Seconds of wall time for decoding one upload. */
  readonly maxDecode: number;
  /** Characters of one text to speak. */
  readonly maxText: number;
}

/** Live speech over `/v1/stt/ws`. */
export interface LiveConfig {
  readonly detector: 'silero' | 'energy' | 'manual';
  /** Root mean square of 16-bit samples. */
  readonly threshold: number;
  readonly silenceMs: number;
  /** Frames of a connection that may wait to be heard. */
  readonly queueFrames: number;
  /** Frames lost at which it is closed. */
  readonly maxDrops: number;
  /** Messages that may wait for a slow reader. */
  readonly outQueue: number;
  /** Shortest time between partials where a client asks for none, in ms. */
  readonly partialMs: number;
  /** The original's mock backend is the default recogniser: the folder of its recording, and what a step costs in ms. */
  readonly mock?: { readonly references: string; readonly delayMs: number };
}

/** A server that runs models, and the one model that it is for, if it is for one. */
export interface UpstreamConfig extends Upstream {
  /** As it was written. */
  readonly model?: string;
}

/** Models that run elsewhere. */
export interface RemoteConfig {
  readonly upstreams: readonly UpstreamConfig[];
  /** Key of upstreams that have none of their own. */
  readonly apiKey?: string;
  readonly stallMs: number;
  /** Recogniser that takes over where upstreams fail. */
  readonly fallback?: string;
  /** Name under which upstreams list the default recogniser; absent = as its entry says. */
  readonly servedName?: string;
  /** Absent = utterances are never rolled. */
  readonly rolling?: Rolling;
}

/** Live speech over `/v1/listen`. */
export interface DeepgramConfig {
  /** Shortest silence that ends an utterance. */
  readonly endpointingMs: number;
  /** Infinity = never. */
  readonly idleMs: number;
}

/** Live speech over `/api/asr-streaming`. */
export interface YapConfig {
  /** How long a word must have stood unchanged before it is sent. */
  readonly delayMs: number;
  /** A further name of the model. */
  readonly servedModel?: string;
  /** 0 = as many as the machine can hold. */
  readonly maxConnections: number;
  /** Infinity = never. */
  readonly idleMs: number;
  /** Infinity = no limit. */
  readonly maxDurationMs: number;
  /** How often both are looked at. */
  readonly tickMs: number;
  /** Messages of one client that may wait. */
  readonly inboundQueue: number;
  /** Audio that may wait unheard. */
  readonly backlogMs: number;
  /** Beyond that the oldest goes; else the socket is not read. */
  readonly drop: boolean;
  readonly unauthorizedCode: number;
  readonly busyCode: number;
  readonly idleReason: string;
}

/** Wyoming over TCP. */
export interface WyomingConfig {
  /** Where it listens; absent = it is off. */
  readonly listen?: { readonly host: string; readonly port: number };
  readonly maxConnections: number;
  readonly idleMs: number;
  /** Tell the local network of it. */
  readonly announce: boolean;
}

/** OpenAI's Realtime API. */
export interface RealtimeConfig {
  /** Infinity = never. */
  readonly idleMs: number;
  /** Infinity = no limit. */
  readonly maxDurationMs: number;
}

/** Sessions by id. */
export interface SessionsConfig {
  readonly store: 'memory' | 'redis';
  /** Of the Redis. Holds a password, perhaps. */
  readonly url: string;
  /** Before every key. */
  readonly prefix: string;
  /** A session that nobody uses for so long is forgotten. */
  readonly timeoutMs: number;
  /** At once. */
  readonly maxSessions: number;
  /** Bytes of audio: of all sessions in memory, of each one in Redis. */
  readonly maxBytes: number;
}

export interface LogConfig {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Keep it in the folder too. */
  readonly file: boolean;
  /** Absolute. */
  readonly folder: string;
}

/** What the command line talks to. */
export interface ClientConfig {
  /** Base URL without a trailing slash; http or https. */
  readonly host: string;
  /** Said by a flag or by VOX_HOST; a default host may be replaced by a server in this process. */
  readonly hostGiven: boolean;
  readonly apiKey?: string;
  /** What the variables of Yap's own clients say, as they were written. */
  readonly voxtral: { readonly server?: string; readonly apiKey?: string };
}

/** Where a value came from. */
export type Origin = 'flag' | 'environment' | 'compat' | 'default';

export interface Config {
  readonly server: ServerConfig;
  readonly models: ModelsConfig;
  readonly scheduler: SchedulerConfig;
  readonly guard: GuardConfig;
  readonly live: LiveConfig;
  readonly remote: RemoteConfig;
  readonly yap: YapConfig;
  readonly wyoming: WyomingConfig;
  readonly deepgram: DeepgramConfig;
  readonly realtime: RealtimeConfig;
  readonly sessions: SessionsConfig;
  readonly engine: EngineConfig;
  readonly log: LogConfig;
  readonly client: ClientConfig;
  /** Unknown VOX_* variables and the like: for the log, never fatal. */
  readonly warnings: readonly string[];
  /** One line a setting that is not at its default, secrets masked: for the start-up log. */
  readonly summary: readonly string[];
}
