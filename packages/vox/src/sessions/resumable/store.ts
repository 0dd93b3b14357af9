/**
 * Where sessions are kept between pieces: what a session is, not what works on it. One server process is an instance; of
 * those that share a store one at a time owns a session, until it gives it back or is not heard of any more.
 */
import type { Decoder } from '@vox-speech/contract';
import type { Phrase, PieceAnswer } from './types.js';

/** What a session was opened with. */
export interface Setup {
  readonly model: string;
  readonly language?: string;
  readonly decoder?: Decoder;
}

/** A session as it is kept. Positions are bytes of its audio, from its first one. */
export interface Head {
  readonly setup: Setup;
  readonly finished: boolean;
  /** Hz; 0 until the first piece says. */
  readonly sampleRate: number;
  /** Number of the next piece. */
  readonly next: number;
  /** Changes with every owner: what an earlier one still writes is refused. */
  readonly token: number;
  /** Instance that owns it; '' = none. */
  readonly owner: string;
  /** One past the last byte. */
  readonly total: number;
  /** Position of the first byte that is kept. */
  readonly base: number;
  /** Position from which a new owner must hear it again. */
  readonly openFrom: number;
}

/** A stretch of a piece, as it is kept. */
export interface Element {
  /** The piece that it is of. */
  readonly seq: number;
  readonly pcm: Uint8Array;
}

export interface Appended {
  /** False: this piece was there already. */
  readonly fresh: boolean;
  readonly seq: number;
  /** Elements that were kept before it. */
  readonly index: number;
  /** Hz of the session. */
  readonly sampleRate: number;
  /** Instance that is alive and owns it; '' = none. */
  readonly owner: string;
}

/** A phrase and the piece with whose answer it was told. */
export interface Told extends Phrase {
  readonly seq: number;
}

/** `Told.seq` of what only the end of the session brought. */
export const AT_THE_END = -1;

export interface Progress {
  readonly phrases: readonly Told[];
  /** What lies before is settled and need not be kept. */
  readonly openFrom: number;
  /** The session is over: it is kept for the grace period only. */
  readonly finished: boolean;
}

/** What one instance asks another, which owns the session. */
export interface Order {
  readonly id: string;
  readonly act: 'answer' | 'finalize';
  readonly seq: number;
}

/** Does it; undefined where this instance does not own the session. */
export type Serve = (order: Order) => Promise<PieceAnswer | undefined>;

/** Every method throws `not_found` for an id that is unknown or has expired, and `store_unavailable`. Each one counts as a use of the session. */
export interface SessionStore {
  /** Name of this process among those that share the store. */
  readonly instance: string;
  /** Throws `overloaded` when there are too many. */
  create(id: string, setup: Setup): Promise<void>;
  /** Makes this instance the owner, unless another one that is alive is. */
  claim(id: string): Promise<Head>;
  /**
   * Keeps a piece, whole or not at all. Throws `conflict` for a gap, `invalid_request` for another rate than before,
   * `too_large` where more would be kept than may be.
   * @param token of the owner who appends: undefined is returned, and nothing kept, where it is the owner no more
   */
  append(id: string, piece: NewPiece, token?: number): Promise<Appended | undefined>;
  /** The elements kept, from the `index`th on. */
  elements(id: string, index: number): Promise<readonly Element[]>;
  /** Keeps what was heard. Returns how many elements went; undefined where the caller is the owner no more. */
  tell(id: string, token: number, progress: Progress): Promise<number | undefined>;
  /** All phrases so far. */
  phrases(id: string): Promise<readonly Told[]>;
  /** Gives a session back; nothing where the caller is the owner no more. */
  release(id: string, token: number): Promise<void>;
  /** Has the owner do something. Undefined when it did not answer in time. Rejects as the owner's work did. */
  ask(owner: string, order: Order, deadlineMs: number, signal: AbortSignal): Promise<PieceAnswer | undefined>;
  /** Who does what others ask of this instance; once. */
  serve(serve: Serve): void;
  /** Why it cannot be used now. */
  trouble(): string | undefined;
  close(): Promise<void>;
}

export interface NewPiece {
  readonly pcm: Uint8Array;
  /** Hz. */
  readonly sampleRate: number;
  /** Absent = the next one. */
  readonly seq?: number;
}

/** Limits of every store. */
export interface StoreLimits {
  /** A session that nobody uses for so long is forgotten. */
  readonly timeoutMs: number;
  /** Sessions at once. */
  readonly maxSessions: number;
  /** Bytes of audio: of all sessions in memory, of each one in Redis. */
  readonly maxBytes: number;
}

/** A finished session answers the same for so long, in ms: longer than a client's retries last. */
export const GRACE_MS = 60_000;
/** Bytes of an element at most: what is settled goes in whole elements. */
export const ELEMENT_BYTES = 1 << 20;
/** What a client is told where there is no room for another session, in seconds. */
export const FULL_RETRY_SECONDS = 30;
