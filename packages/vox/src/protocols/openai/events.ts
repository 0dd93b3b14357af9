/** Transcripts and speech as the events that OpenAI streams. Pure, but for the sources it reads. */
import type { Warning } from '@vox-speech/contract';
import { appendText } from '../../runtime/collect.js';
import type { Speech, Transcription } from '../../runtime/types.js';
import { usage, warned } from './render.js';

/** Deltas as segments are decoded, then the whole; the deltas one after another are the whole. `warnings` are the request's own. */
export async function* transcriptEvents(
  transcription: Transcription,
  warnings: readonly Warning[],
): AsyncGenerator<unknown, void> {
  transcription.summary.catch(() => {});
  let text = '';
  for await (const segment of transcription.segments) {
    const delta = appendText(text, segment);
    if (delta === '') continue;
    text += delta;
    yield { type: 'transcript.text.delta', delta };
  }
  const summary = await transcription.summary;
  yield {
    type: 'transcript.text.done',
    text,
    usage: usage(summary),
    ...warned([...warnings, ...transcription.warnings, ...summary.warnings]),
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
