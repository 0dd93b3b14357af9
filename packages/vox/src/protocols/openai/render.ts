/** From a transcript to OpenAI's answers. Pure. */
import type { Segment, Warning } from '@vox-speech/contract';
import type { CollectedTranscript } from '../../runtime/collect.js';
import { languageName } from '../../runtime/languages.js';
import { logprobs } from '../openai-shapes/logprobs.js';
import type { TranscriptCommand } from './codec.js';
import { srt, vtt } from './subtitles.js';

export interface Rendered {
  readonly type: string;
  readonly body: string;
}

export const JSON_TYPE = 'application/json; charset=utf-8';
/** SDKs parse what calls itself JSON, and hand on the rest as text. */
const TEXT_TYPE = 'text/plain; charset=utf-8';

/** The answer in the format that was asked for. */
export function renderTranscript(command: TranscriptCommand, transcript: CollectedTranscript): Rendered {
  switch (command.format) {
    case 'json':
      return {
        type: JSON_TYPE,
        body: JSON.stringify({
          text: transcript.text,
          ...heard(command, transcript.segments, transcript.summary),
          usage: usage(transcript.summary),
          ...warned([...command.warnings, ...transcript.warnings]),
        }),
      };
    case 'verbose_json':
      return { type: JSON_TYPE, body: JSON.stringify(verbose(command, transcript)) };
    case 'text':
      return { type: TEXT_TYPE, body: `${transcript.text}\n` };
    case 'srt':
      return { type: TEXT_TYPE, body: srt(transcript.segments) };
    case 'vtt':
      return { type: 'text/vtt; charset=utf-8', body: vtt(transcript.segments) };
  }
}

/** What an answer says beside the text where it was asked for: tokens with their probabilities, languages. */
export function heard(
  { request, languages }: Pick<TranscriptCommand, 'request' | 'languages'>,
  segments: readonly Segment[],
  summary: { readonly language?: string },
) {
  const scores = segments.flatMap((segment) => segment.scores ?? []);
  return {
    ...(request.scores !== true || scores.length === 0 ? {} : { logprobs: logprobs(scores) }),
    ...(languages ? { languages: summary.language === undefined ? [] : [{ code: summary.language }] } : {}),
  };
}

/** OpenAI bills whole seconds, begun ones in full. */
export function usage(summary: { readonly durationMs: number }) {
  return { type: 'duration', seconds: Math.ceil(summary.durationMs / 1000) };
}

/** What of the request was not met, where there is something: the header says the same to those who read no body. */
export function warned(warnings: readonly Warning[]) {
  return warnings.length === 0 ? {} : { warnings };
}

function verbose(command: TranscriptCommand, transcript: CollectedTranscript) {
  const { summary, segments } = transcript;
  const language =
    command.request.task === 'translate' ? 'en' : (summary.language ?? command.request.language);
  return {
    task: command.request.task,
    // Required by the SDKs; silence has no language.
    language: language === undefined ? 'unknown' : languageName(language),
    duration: seconds(summary.durationMs),
    text: transcript.text,
    ...(command.request.words ? { words: words(segments) } : {}),
    ...(command.segments ? { segments: segments.map((one, id) => segment(one, id, command)) } : {}),
    usage: usage(summary),
    model: transcript.model,
    processing_ms: Math.round(summary.processingMs),
    ...warned([...command.warnings, ...transcript.warnings]),
  };
}

function words(segments: readonly Segment[]) {
  return segments
    .flatMap((one) => one.words ?? [])
    .map((word) => ({ word: word.text.trim(), start: seconds(word.startMs), end: seconds(word.endMs) }));
}

/** Every key is required by the SDKs; what the engine does not know is 0 or empty. */
function segment(one: Segment, id: number, command: TranscriptCommand) {
  return {
    id,
    // Whisper counts in frames of 10 ms.
    seek: Math.round(one.startMs / 10),
    start: seconds(one.startMs),
    end: seconds(one.endMs),
    text: one.text,
    tokens: one.tokens ?? [],
    temperature: command.request.temperature ?? 0,
    avg_logprob: one.averageLogProbability ?? 0,
    compression_ratio: one.compressionRatio ?? 0,
    no_speech_prob: 0,
  };
}

/** Seconds with the precision of a millisecond. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
