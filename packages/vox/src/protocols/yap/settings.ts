/** What the server says of this dialect; `config/yap-settings.ts` has the rows and their defaults (yap.md section 5). */

export interface YapSettings {
  /** How long a word must have stood unchanged before it is sent, in ms, where `session.update` does not say. */
  readonly delayMs: number;
  /** Sockets at once; 0 = as many as the machine, by its own measurement, can hold. */
  readonly maxConnections: number;
  /** Messages of one client that may wait: appends for a model that loads, answers for a client that reads slowly. */
  readonly inboundQueue: number;
  /** A socket without a message for so long is closed, in ms; Infinity = never. */
  readonly idleMs: number;
  /** Longest life of a socket, in ms; Infinity = no limit. */
  readonly maxDurationMs: number;
  /** How often both are looked at, in ms. */
  readonly tickMs: number;
  readonly unauthorizedCode: number;
  readonly busyCode: number;
  readonly idleReason: string;
  /** Audio that may wait unheard, in ms. */
  readonly backlogMs: number;
  /** What happens beyond it: the oldest audio goes, and the client is told; else the socket is not read. */
  readonly drop: boolean;
  /** The name by which clients ask for the model, beside its own. */
  readonly servedModel?: string;
}

/** Hz; the only rate of the protocol. */
export const SAMPLE_RATE = 16_000;
/** PCM16 mono. */
export const BYTES_PER_MS = (2 * SAMPLE_RATE) / 1000;
/** One step of Voxtral, which is one token, in ms (yap.md section 4). */
export const STEP_MS = 80;
/** Bounds of a delay, in ms; it is a multiple of `STEP_MS` (yap.md section 4). */
export const DELAY_MS = { min: 80, max: 2400 } as const;
/** Bytes of one message: three minutes of audio in base64. A larger one closes the socket with 1009. */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
