/** A transcription read to its end, for dialects that answer with one document. */
import type { Segment, Warning } from '@vox-speech/contract';
import type { TranscriptSummary } from '../messages/index.js';
import { addition } from '../text/addition.js';
import type { Transcription } from './types.js';

export interface CollectedTranscript {
  /** Canonical reference of the model. */
  readonly model: string;
  readonly segments: readonly Segment[];
  readonly text: string;
  readonly summary: TranscriptSummary;
  /** Of the request and of the work. */
  readonly warnings: readonly Warning[];
}

/** Rejects with what the transcription rejects with. Memory: the text alone. */
export async function collectTranscript(transcription: Transcription): Promise<CollectedTranscript> {
  // It rejects along with the segments; whoever reads those reports it.
  transcription.summary.catch(() => {});
  const segments: Segment[] = [];
  for await (const segment of transcription.segments) segments.push(segment);
  const summary = await transcription.summary;
  return {
    model: transcription.model,
    segments,
    text: joinText(segments, summary.language),
    summary,
    warnings: [...transcription.warnings, ...summary.warnings],
  };
}

/** The text of segments in order: a space between them where the language has spaces. */
export function joinText(segments: readonly Segment[], language?: string): string {
  let text = '';
  for (const segment of segments) text += appendText(text, segment, language);
  return text;
}

/** What a segment adds to the text before it. */
export function appendText(before: string, segment: Segment, language = segment.language): string {
  return addition(before, segment.text, language);
}
