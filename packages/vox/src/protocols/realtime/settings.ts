/** What the server says of this dialect; `config/realtime-settings.ts` has the rows and their defaults. */

export interface RealtimeSettings {
  /** A socket without a message for so long is closed, in ms; Infinity = never. */
  readonly idleMs: number;
  /** Longest life of a socket, in ms; Infinity = no limit. */
  readonly maxDurationMs: number;
}

/** How often both are looked at, in ms. */
export const TICK_MS = 1_000;
/** Bytes of one message: 15 MiB of audio, the reference's limit, in base64, and room for the rest of the event. */
export const MAX_MESSAGE_BYTES = 20 * 2 ** 20 + 64 * 1024;
