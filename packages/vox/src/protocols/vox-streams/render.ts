/** From the runtime's answers to this dialect's messages. Pure. */
import type { VoxError, Warning } from '@vox-speech/contract';
import type { SpeechProgress } from '../../runtime/types.js';
import { type Final, finalSegment } from '../vox-shapes/live-events.js';
import type { SpeechConfig, TranscriptionConfig } from './schema.js';

export type Message = Readonly<Record<string, unknown>> & { readonly type: string };

/** `code` and `retry_after` are ours. */
export function errorMessage({ message, code, retryAfter }: VoxError): Message {
  return { type: 'error', message, code, ...(retryAfter === undefined ? {} : { retry_after: retryAfter }) };
}

/** What can't be met in full, on the message that says it is ready; ours. */
function told(warnings: readonly Warning[]) {
  return warnings.length === 0 ? {} : { warnings: warnings.map(({ message }) => message) };
}

export function transcriptionReady(
  model: string,
  config: TranscriptionConfig,
  warnings: readonly Warning[],
): Message {
  const { sample_rate, input_format, chunk_ms, overlap_ms } = config;
  return { type: 'ready', model, sample_rate, input_format, chunk_ms, overlap_ms, ...told(warnings) };
}

/** Once a chunk is transcribed. Milliseconds of the audio that came in, and of what was heard of it. */
export function transcriptionProgress(uploadedMs: number, processedMs: number, chunks: number): Message {
  return {
    type: 'progress',
    uploaded_ms: Math.round(uploadedMs),
    processed_ms: Math.round(processedMs),
    chunks_completed: chunks,
  };
}

/** The whole transcript, from every utterance that was heard. */
export function transcriptionDone(
  model: string,
  finals: readonly Final[],
  asked: string | null | undefined,
  durationMs: number,
): Message {
  const spoken = finals.filter(({ text }) => text.trim() !== '');
  return {
    type: 'done',
    model,
    text: spoken.map(({ text }) => text.trim()).join(' '),
    language: spoken.find(({ language }) => language !== undefined)?.language ?? asked ?? null,
    duration_ms: Math.round(durationMs),
    processing_ms: Math.round(finals.reduce((sum, { timing }) => sum + timing.decodeMs, 0)),
    segments: spoken.map(finalSegment),
  };
}

export function speechReady(
  model: string,
  { voice, response_format, chunk_chars }: SpeechConfig,
  warnings: readonly Warning[],
): Message {
  return { type: 'ready', model, voice, response_format, chunk_chars, ...told(warnings) };
}

export function speechProgress(progress: SpeechProgress): Message {
  return {
    type: 'progress',
    completed_chars: progress.completedCharacters,
    total_chars: progress.totalCharacters,
    chunks_completed: progress.completedSentences,
    chunks_total: progress.totalSentences,
  };
}
