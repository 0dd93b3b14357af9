/** What goes out: the original's fields first, ours after them. Seconds, to 0.01. Pure. */
import type { Warning, Word } from '@vox-speech/contract';
import type { CollectedTranscript } from '../../runtime/collect.js';
import { phrasesOf, seconds } from '../../runtime/phrases.js';
import type { Phrase, PieceAnswer } from '../../runtime/types.js';

/** Of `GET /`: the names may be the user's own. */
export interface ApiNames {
  readonly title: string;
  readonly version: string;
  readonly description: string;
}

/** The original's names (tone.md section 1). */
export const ORIGINAL_NAMES: ApiNames = {
  title: 'T-one ASR API',
  version: '1.0.0',
  description: 'REST API for Russian speech recognition using T-one model',
};

const ENDPOINTS = {
  'POST /transcribe': 'Transcribe speech from audio file (offline)',
  'POST /transcribe/streaming': 'Start streaming recognition',
  'POST /transcribe/streaming/chunk': 'Send audio chunk for streaming',
  'POST /transcribe/streaming/finalize': 'Finalize streaming',
};

export function root({ title, version, description }: ApiNames): object {
  return { name: title, version, description, endpoints: ENDPOINTS };
}

export function phrase({ text, startSeconds, endSeconds, words, confidence }: Phrase): object {
  const start = hundredths(startSeconds);
  return {
    text,
    start_time: start,
    end_time: Math.max(start, hundredths(endSeconds)),
    // Ours.
    ...(words === undefined ? {} : { words: words.map(wordOf) }),
    ...share(confidence),
  };
}

function wordOf({ text, startMs, endMs, confidence }: Word): object {
  return {
    text: text.trim(),
    start_time: seconds(startMs),
    end_time: seconds(endMs),
    ...share(confidence),
  };
}

function share(confidence: number | undefined): { confidence?: number } {
  return confidence === undefined ? {} : { confidence: hundredths(confidence) };
}

/** @param processingMs wall time from the upload's end to here */
export function transcription(
  { segments, summary, model, warnings }: CollectedTranscript,
  options: { readonly timestamps: boolean; readonly processingMs: number },
): object {
  const phrases = phrasesOf(segments);
  return {
    phrases: options.timestamps ? phrases.map(phrase) : [],
    full_text: phrases.map(({ text }) => text).join(' '),
    duration: hundredths(phrases.at(-1)?.endSeconds ?? 0),
    processing_time: seconds(options.processingMs),
    // Ours.
    audio_duration: seconds(summary.durationMs),
    model,
    ...(summary.language === undefined ? {} : { language: summary.language }),
    ...told(warnings),
  };
}

/** A session that has begun. */
export function begun(id: string, warnings: readonly Warning[] = []): object {
  return { phrases: [], state_id: id, is_final: false, partial: '', audio_duration: 0, ...told(warnings) };
}

export function state(
  { id, phrases, partial, audioSeconds, seq }: PieceAnswer,
  isFinal: boolean,
  warnings: readonly Warning[] = [],
): object {
  return {
    phrases: phrases.map(phrase),
    state_id: id,
    is_final: isFinal,
    // Ours.
    partial: partial.trim(),
    audio_duration: hundredths(audioSeconds),
    seq,
    ...told(warnings),
  };
}

function told(warnings: readonly Warning[]): { warnings?: readonly Warning[] } {
  return warnings.length === 0 ? {} : { warnings };
}

function hundredths(value: number): number {
  return Math.max(0, Math.round(value * 100) / 100);
}
