/** Inputs and messages of the streams, as they are on the wire. */
import type { Source } from './source.js';

/** Bytes as they come. When the stream is over before them, it is cancelled, or its iterator's `return` is called. */
export type AudioSource = Source<Uint8Array>;

export interface TranscribeStreamInput {
  readonly model?: string | undefined;
  /** Raw samples, or the bytes of a file of `format`, cut anywhere. */
  readonly audio: AudioSource;
  /** `pcm16` (little-endian, mono), `wav`, `flac`, `mp3`, `ogg` or `webm`. */
  readonly format?: string | undefined;
  /** Hz of `pcm16`; default 16000. */
  readonly sampleRate?: number | undefined;
  readonly language?: string | undefined;
  /** Times of words. */
  readonly words?: boolean | undefined;
  readonly onProgress?: ((progress: TranscriptionProgress) => void) | undefined;
}

export interface TranscriptionProgress {
  readonly uploaded_ms: number;
  readonly processed_ms: number;
  readonly chunks_completed: number;
}

export interface StreamedTranscript {
  readonly model: string;
  readonly text: string;
  readonly language: string | null;
  readonly duration_ms: number;
  readonly processing_ms: number;
  readonly segments: readonly StreamedSegment[];
}

export interface StreamedSegment {
  readonly text: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly words: readonly StreamedWord[];
}

export interface StreamedWord {
  readonly word: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly confidence: number | null;
}

export interface SpeakStreamInput {
  readonly model?: string | undefined;
  readonly voice?: string | undefined;
  readonly speed?: number | undefined;
  readonly language?: string | undefined;
  /** `pcm16`, `mp3`, or `opus`: raw packets of 20 ms, one a message. */
  readonly format?: string | undefined;
  /** As it is written; cut anywhere. */
  readonly text: string | Source<string>;
}

export type SpeechMessage =
  | { readonly type: 'audio_start'; readonly sample_rate: number; readonly response_format: string }
  | {
      readonly type: 'progress';
      readonly completed_chars: number;
      readonly total_chars: number;
      readonly chunks_completed: number;
      readonly chunks_total: number;
    }
  | {
      readonly type: 'done';
      readonly response_format: string;
      readonly audio_duration_ms: number;
      readonly processing_ms: number;
      readonly text_length: number;
    };

export interface ListenInput {
  readonly model?: string | undefined;
  /** Little-endian 16-bit mono samples. */
  readonly audio: AudioSource;
  /** Hz; default 16000. */
  readonly sampleRate?: number | undefined;
  readonly language?: string | undefined;
  /** New words while somebody speaks. */
  readonly partials?: boolean | undefined;
  readonly words?: boolean | undefined;
}

export type LiveMessage =
  | { readonly type: 'speech_started' | 'speech_stopped'; readonly timestamp_ms: number }
  | {
      readonly type: 'transcript';
      readonly text: string;
      /** Of a partial only the new words, which will not change. */
      readonly is_partial: boolean;
      readonly start_ms: number;
      readonly end_ms: number;
      readonly audio_duration_ms: number;
      readonly processing_duration_ms: number;
      readonly model: string;
      readonly words?: readonly StreamedWord[];
    };
