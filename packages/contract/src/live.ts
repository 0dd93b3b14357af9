/**
 * Live transcription: what a client may ask of one stream of audio, and what it is told. One vocabulary for every live
 * protocol; a dialect only renames. All times are milliseconds on the stream's own clock: the first sample is 0, and a
 * sample that was dropped or skipped still counts.
 */
import type { Decoder, SpeechThresholds, TokenScore, Warning, Word } from './transcript.js';

/** How the end of an utterance is found. */
export interface Endpointing {
  /**
   * `silero`: the neural detector; `energy`: the root mean square of 20 ms frames against a threshold; `manual`: only
   * `commit`, `end` and the longest utterance end one. A model that endpoints by itself does so unless `manual`.
   */
  readonly detector: 'silero' | 'energy' | 'manual';
  /** `energy`: root mean square of 16-bit samples (0..32767) from which on a frame is speech. */
  readonly threshold?: number;
  /** `silero`: how sure it must be of speech; what is absent is the detector's own. A model that endpoints by itself warns. */
  readonly speech?: SpeechThresholds;
  /** Silence that ends an utterance, also when it is only the client that fell silent (wall clock). */
  readonly silenceMs: number;
  /** Sound shorter than this is no speech. */
  readonly minSpeechMs: number;
  /** Audio before the detected start that is heard too. */
  readonly preRollMs: number;
  /** An utterance as long as this is ended, with reason `length`. At most the model's window. */
  readonly maxUtteranceMs: number;
  /** Audio that comes late is no silence: only audio counts, never the wall clock. Absent = no. */
  readonly patient?: boolean;
}

/** How samples come in: 16-bit little-endian integers, or G.711, which telephony has. */
export type LiveEncoding = 'pcm16' | 'mulaw' | 'alaw';

/** Bytes of one sample. */
export const LIVE_SAMPLE_BYTES: Readonly<Record<LiveEncoding, number>> = { pcm16: 2, mulaw: 1, alaw: 1 };

export interface LiveOptions {
  /** Hz of the samples that come in; resampled in the runner. */
  readonly sampleRate: number;
  /** Of the samples that come in; expanded in the runner. Absent = pcm16. */
  readonly encoding?: LiveEncoding;
  /** ISO 639-1; absent = detect. */
  readonly language?: string;
  readonly task: 'transcribe' | 'translate';
  /** Word times in finals. */
  readonly words: boolean;
  /** Words that are likely; an engine that can't take them warns once. */
  readonly hotwords: readonly string[];
  readonly prompt?: string;
  /** One of `ModelInfo.decoders`; absent = the model's own. */
  readonly decoder?: Decoder;
  readonly endpointing: Endpointing;
  /** Shortest time between partials; 0 = as often as the machine allows; absent = none. */
  readonly partialMs?: number;
  /** How long a word must have stood unchanged, on the stream's clock, before it counts as stable; absent = as the model settles. */
  readonly stableMs?: number;
  /** The tokens of finals with their probabilities, from a model that tells them. Absent = no. */
  readonly scores?: true;
}

/** Bytes of a millisecond of what comes in. */
export function liveBytesPerMs({
  sampleRate,
  encoding = 'pcm16',
}: Pick<LiveOptions, 'sampleRate' | 'encoding'>): number {
  return (LIVE_SAMPLE_BYTES[encoding] * sampleRate) / 1000;
}

/** What an engine counts for one utterance or recording, where it counts. */
export interface TokenUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
}

/** Why an utterance ended. */
export type EndReason = 'silence' | 'commit' | 'length' | 'end';

export type LiveEvent =
  | { readonly type: 'speech-started'; readonly utterance: number; readonly atMs: number }
  | {
      readonly type: 'speech-stopped';
      readonly utterance: number;
      readonly atMs: number;
      readonly reason: EndReason;
    }
  /** The hypothesis so far, whole. Its first `stable` characters never change again within the utterance. */
  | {
      readonly type: 'partial';
      readonly utterance: number;
      readonly text: string;
      readonly stable: number;
      readonly startMs: number;
      readonly endMs: number;
    }
  /**
   * The utterance is over. Comes exactly once for each that started, and for each `commit` (with empty text where there
   * was nothing to hear). The next utterance has the next number.
   */
  | {
      readonly type: 'final';
      readonly utterance: number;
      readonly text: string;
      readonly startMs: number;
      readonly endMs: number;
      readonly reason: EndReason;
      readonly words?: readonly Word[];
      /** Joined they are `text`; absent where they were not asked for, the model tells none, or words of earlier partials were kept. */
      readonly scores?: readonly TokenScore[];
      /** ISO 639-1, where the engine knows it. */
      readonly language?: string;
      /** Summed over all parts of the utterance. */
      readonly usage?: TokenUsage;
      readonly timing: FinalTiming;
    }
  /** Audio that was never heard, because the queue was full; `frames` as the client sent them. */
  | { readonly type: 'dropped'; readonly fromMs: number; readonly toMs: number; readonly frames: number }
  | { readonly type: 'warning'; readonly warning: Warning };

/** Wall-clock figures of one utterance, in ms. */
export interface FinalTiming {
  /** From the arrival of the utterance's first audio to its first partial; absent where there was none. */
  readonly firstPartialMs?: number;
  /** From the decision that the utterance is over (the silence has passed), or the commit, to the final. */
  readonly endpointToFinalMs: number;
  /** From the arrival of the utterance's first audio to the final. */
  readonly sinceFirstAudioMs: number;
  /** Time the engine spent on the final. */
  readonly decodeMs: number;
  /** Words of earlier partials that the final changed, over all words shown. */
  readonly revisedShare: number;
}

/** What became of a whole stream, after its last final. */
export interface LiveSummary {
  /** Of the audio that came in. */
  readonly audioMs: number;
  readonly utterances: number;
}
