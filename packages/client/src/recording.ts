/** A recording as a request, for its text alone and for who said it. */
import type { Call } from './call.js';
import type { DiarizeInput, TranscribeInput } from './types.js';

/** The request for a transcript in one of OpenAI's formats. */
export function transcription(input: TranscribeInput, format: string, signal: AbortSignal | undefined): Call {
  const form = formOf(input, format);
  if (input.prompt !== undefined) form.append('prompt', input.prompt);
  if (input.words === true) {
    form.append('timestamp_granularities[]', 'segment');
    form.append('timestamp_granularities[]', 'word');
  }
  return sent(form, input, signal);
}

/** The request for who said what. Known speakers' recordings are read into memory. */
export async function diarization(input: DiarizeInput, signal: AbortSignal | undefined): Promise<Call> {
  const form = formOf(input, 'diarized_json');
  if (input.by !== undefined) form.append('diarize_by', input.by);
  for (const { name, recording } of input.knownSpeakers ?? []) {
    form.append('known_speaker_names[]', name);
    form.append('known_speaker_references[]', await dataUrl(recording));
  }
  return sent(form, input, signal);
}

function formOf(input: DiarizeInput, format: string): FormData {
  const form = new FormData();
  const fields: Record<string, string | number | undefined> = {
    model: input.model ?? '',
    language: input.language,
    temperature: input.temperature,
    response_format: format,
    keep_alive: input.keepAlive,
    input_format: input.raw?.format,
    sample_rate: input.raw?.sampleRate,
    channels: input.raw?.channels,
  };
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) form.append(name, String(value));
  }
  for (const keyword of input.keywords ?? []) form.append('keywords[]', keyword);
  return form;
}

/** The file comes last, so that a server that reads as it goes knows every field before the first byte of audio. */
function sent(form: FormData, { file, filename }: DiarizeInput, signal: AbortSignal | undefined): Call {
  form.append('file', file, filename ?? 'audio');
  return { method: 'POST', path: '/v1/audio/transcriptions', form, signal };
}

/** Bytes that are made text at once: a call takes a bounded number of arguments. */
const PIECE_BYTES = 8192;

async function dataUrl(recording: Blob): Promise<string> {
  const bytes = new Uint8Array(await recording.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE_BYTES)
    text += String.fromCharCode(...bytes.subarray(at, at + PIECE_BYTES));
  return `data:${recording.type === '' ? 'audio/wav' : recording.type};base64,${btoa(text)}`;
}
