/** Transcripts and speech as the events that OpenAI streams. Pure, but for the sources it reads. */
import type { Segment } from '@vox-speech/contract';
import { appendText } from '../../runtime/collect.js';
import type { Speech, Transcription } from '../../runtime/types.js';
import { logprobs } from '../openai-shapes/logprobs.js';
import type { TranscriptCommand } from './codec.js';
import { heard, usage, warned } from './render.js';

/** Deltas as segments are decoded, then the whole; the deltas one after another are the whole. */
export async function* transcriptEvents(
  transcription: Transcription,
  command: Pick<TranscriptCommand, 'request' | 'languages' | 'warnings'>,
): AsyncGenerator<unknown, void> {
  transcription.summary.catch(() => {});
  let text = '';
  const scored: Segment[] = [];
  for await (const segment of transcription.segments) {
    const delta = appendText(text, segment);
    if (delta === '') continue;
    text += delta;
    const { scores = [] } = segment;
    if (scores.length > 0) scored.push(segment);
    yield {
      type: 'transcript.text.delta',
      delta,
      ...(command.request.scores === true && scores.length > 0 ? { logprobs: logprobs(scores) } : {}),
    };
  }
  const summary = await transcription.summary;
  yield {
    type: 'transcript.text.done',
    text,
    ...heard(command, scored, summary),
    usage: usage(summary),
    ...warned([...command.warnings, ...transcription.warnings, ...summary.warnings]),
  };
}

/**
 * Audio in base64 as it is made. The usage counts what OpenAI would call tokens only so far as there is something to
 * count here: characters in, 50 ms of speech out.
 */
export async function* speechEvents(speech: Speech, characters: number): AsyncGenerator<unknown, void> {
  for await (const chunk of speech.audio)
    yield { type: 'speech.audio.delta', audio: Buffer.from(chunk).toString('base64') };
  const { durationMs } = await speech.summary;
  const spoken = Math.ceil(durationMs / 50);
  yield {
    type: 'speech.audio.done',
    usage: { input_tokens: characters, output_tokens: spoken, total_tokens: characters + spoken },
  };
}
