/** A live session as dialects see it. */
import type { LiveEvent, LiveOptions, LiveSummary, ModelInfo } from '@vox-speech/contract';

export interface LiveRequest {
  /** As the client wrote it; '' = the default recogniser. */
  readonly model: string;
  readonly options: LiveOptions;
  /** Audio that may wait unheard, in ms of the stream. */
  readonly queueMs: number;
  /** The same in calls of `append`, for protocols that count frames. */
  readonly queueFrames?: number;
  /** What a full queue means: `wait` = `append` says so and takes all the same; `drop-oldest` = the oldest audio goes. */
  readonly overflow: 'wait' | 'drop-oldest';
  /** Seconds the model stays loaded after the session. */
  readonly keepAlive?: number;
  /** Aborting ends the session at once: its place is free, and what a running decode still yields is thrown away. */
  readonly signal: AbortSignal;
}

/** Called in order; `onEnd` or `onError` once, as the last. */
export interface LiveListener {
  onEvent(event: LiveEvent): void;
  /** There is room again after `append` said false. */
  onDrain(): void;
  onEnd(summary: LiveSummary): void;
  /** A VoxError: `runner_crashed`, `model_broken`, `shutting_down`, ... Not called for an aborted signal. */
  onError(error: Error): void;
}

/**
 * One stream of audio and its transcript. Opened only when there is a place for it; before that the promise rejects with
 * `overloaded` (and a retry hint), `model_not_pulled`, `wrong_kind`, `unsupported_language`, ...
 */
export interface LiveSession {
  /** Canonical reference of the model that works on it. */
  readonly model: string;
  readonly info: ModelInfo;
  /**
   * Mono samples, of the options' encoding and rate; any number of bytes, half a sample is carried over. The bytes must not
   * change after the call.
   * @returns false when the queue is full: stop reading until `onDrain`
   */
  append(bytes: Uint8Array): boolean;
  /** Ends the utterance here, and half a sample with it; answered by exactly one final. Never delayed or dropped for want of room. */
  commit(): void;
  /**
   * Resolves once all audio appended so far is heard and what follows from it is told: every final, and what a model that
   * streams has of the open utterance. Rejects with what ends the session before.
   */
  heard(): Promise<void>;
  /** No more audio: the last finals come, then `onEnd`. Idempotent. */
  finish(): void;
  /** Audio that waits, in ms. */
  readonly queuedMs: number;
}
