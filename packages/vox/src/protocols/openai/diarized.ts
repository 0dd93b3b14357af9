/** Speakers told apart: the answers that name them. Pure. */
import type { Segment, Warning } from '@vox-speech/contract';
import type { CollectedTranscript } from '../../runtime/collect.js';
import { appendText } from '../../runtime/collect.js';
import type { Transcription } from '../../runtime/types.js';
import { JSON_TYPE, type Rendered, seconds, usage, warned } from './render.js';

/** The answer to `diarized_json`. */
export function renderDiarized(transcript: CollectedTranscript, warnings: readonly Warning[]): Rendered {
  const lines = new Lines();
  const segments = transcript.segments.map((segment) => {
    lines.add(segment);
    return lines.event(segment);
  });
  const body = {
    task: 'transcribe',
    duration: seconds(transcript.summary.durationMs),
    text: lines.text,
    segments,
    usage: usage(transcript.summary),
    ...warned([...warnings, ...transcript.warnings]),
  };
  return { type: JSON_TYPE, body: JSON.stringify(body) };
}

/** The same as it is heard: what each segment adds to the text, then the segment; at last the whole text. */
export async function* diarizedEvents(
  transcription: Transcription,
  warnings: readonly Warning[],
): AsyncGenerator<unknown, void> {
  transcription.summary.catch(() => {});
  const lines = new Lines();
  for await (const segment of transcription.segments) {
    const delta = lines.add(segment);
    const event = lines.event(segment);
    if (delta !== '') yield { type: 'transcript.text.delta', delta, segment_id: event.id };
    yield event;
  }
  const summary = await transcription.summary;
  yield {
    type: 'transcript.text.done',
    text: lines.text,
    usage: usage(summary),
    ...warned([...warnings, ...transcription.warnings, ...summary.warnings]),
  };
}

/** A line for each turn: `A: ...`. */
class Lines {
  text = '';
  #speaker: string | undefined;
  #segments = 0;

  /** What the segment adds to the text. */
  add(segment: Segment): string {
    this.#segments += 1;
    const { speaker = 'A' } = segment;
    if (segment.text.trim() === '') return '';
    const same = speaker === this.#speaker;
    const line = same ? '' : `${this.text === '' ? '' : '\n'}${speaker}: `;
    const delta = line + appendText(same ? this.text : '', segment);
    this.#speaker = speaker;
    this.text += delta;
    return delta;
  }

  /** The segment that was added last, as it is sent. */
  event({ startMs, endMs, text, speaker = 'A' }: Segment) {
    return {
      type: 'transcript.text.segment',
      id: `seg_${String(this.#segments).padStart(3, '0')}`,
      start: seconds(startMs),
      end: seconds(endMs),
      text: text.trim(),
      speaker,
    };
  }
}
