/** A session that outlives its connection, its process and, with a shared store, its machine: audio comes in pieces, by id. */
import type { Decoder, Warning, Word } from '@vox-speech/contract';

/** A stretch of speech that is over. Seconds on the session's clock, to 0.01. */
export interface Phrase {
  readonly text: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly words?: readonly Word[];
  readonly confidence?: number;
}

export interface ResumableRequest {
  readonly model: string;
  readonly language?: string;
  readonly decoder?: Decoder;
  readonly signal: AbortSignal;
}

export interface CreatedSession {
  readonly id: string;
  /** What of the request the model can't do. */
  readonly warnings: readonly Warning[];
}

export interface Piece {
  /** PCM16, mono, at `sampleRate`; any number of bytes. */
  readonly pcm: Uint8Array;
  readonly sampleRate: number;
  /** From 0; the same one again gets the same answer, a gap is `conflict`. */
  readonly seq?: number;
}

export interface PieceAnswer {
  readonly id: string;
  /** That ended since the last answer. */
  readonly phrases: readonly Phrase[];
  /** Of what is still being said. */
  readonly partial: string;
  readonly audioSeconds: number;
  readonly seq: number;
}

export interface ResumableSessions {
  create(request: ResumableRequest): Promise<CreatedSession>;
  append(id: string, piece: Piece, signal: AbortSignal): Promise<PieceAnswer>;
  /** All phrases of the session, or with `newOnly` those not yet told; the same again within a grace period. */
  finalize(id: string, options: { readonly newOnly: boolean }, signal: AbortSignal): Promise<PieceAnswer>;
  /** Why the store cannot be used now; undefined = it can. */
  trouble(): string | undefined;
  close(): Promise<void>;
}
