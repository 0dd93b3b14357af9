/** `/v1/audio/transcriptions` and `/v1/audio/translations` of vLLM and every server that speaks as OpenAI does. */
import { encodeWav } from '@vox-speech/audio';
import {
  type Pcm,
  type Segment,
  type TranscribeOptions,
  type Upstream,
  VoxError,
} from '@vox-speech/contract';
import { attempt } from './attempts.js';
import { type Answer, call, textOf } from './call.js';
import { eventsOf } from './events.js';
import { refusal } from './failures.js';
import type { RemoteParameters } from './parameters.js';
import type { Pool } from './pool.js';
import { plain, StreamedText, segmentsOfJson, wholeSegment } from './transcript.js';

/** What the model is and how it is reached. */
export interface RemoteModel {
  readonly pool: Pool;
  readonly parameters: RemoteParameters;
  /** Ms without a byte after which an upstream has stalled. */
  readonly stallMs: number;
}

/**
 * Segments of one window, times relative to its first sample. Sent as a WAV of 16-bit samples.
 * @throws VoxError `cancelled`, `upstream_unavailable`, `upstream_failed`, `upstream_stalled`, `overloaded`, and
 *   `invalid_request` with the upstream's words where it does not take what it is asked
 */
export async function* transcribe(
  { pool, parameters, stallMs }: RemoteModel,
  pcm: Pcm,
  options: TranscribeOptions,
  signal: AbortSignal,
): AsyncGenerator<Segment> {
  const windowMs = (pcm.samples.length / pcm.sampleRate) * 1000;
  const scores = options.scores === true && parameters.logprobs;
  const stream = parameters.streaming && !isVerbose(parameters) && !scores;
  const path = options.task === 'translate' ? '/v1/audio/translations' : '/v1/audio/transcriptions';
  const form = await formOf(pcm, options, parameters, stream);
  yield* attempt(pool, signal, async function* (upstream, heard) {
    const answer = await call(upstream, { method: 'POST', path, ...form, signal, stallMs });
    if (answer.status !== 200) throw await refused(upstream, answer);
    if (answer.headers['content-type']?.includes('text/event-stream')) {
      const text = await streamedText(upstream, answer, heard);
      yield* wholeSegment(plain(text), windowMs);
    } else yield* segmentsOfJson(upstream, await textOf(upstream, answer), windowMs);
  });
}

/** The error of an answer that is no success, with what it says. */
export async function refused(upstream: Upstream, answer: Answer): Promise<VoxError> {
  const body = await textOf(upstream, answer);
  return refusal(upstream, answer.status, body, answer.headers['retry-after']);
}

/** Times come only with `verbose_json`, and that never in a stream. */
function isVerbose({ words, segments }: RemoteParameters): boolean {
  return words || segments;
}

async function formOf(
  pcm: Pcm,
  { language, prompt, hotwords = [], temperature, task, words, scores }: TranscribeOptions,
  parameters: RemoteParameters,
  stream: boolean,
): Promise<{ readonly contentType: string; readonly body: Uint8Array }> {
  const form = new FormData();
  form.set('file', new Blob([encodeWav(pcm.samples, pcm.sampleRate)], { type: 'audio/wav' }), 'window.wav');
  form.set('model', parameters.served);
  // Probabilities come with `json` alone, times with `verbose_json` alone: who asks for the first gets no times.
  const scored = scores === true && parameters.logprobs;
  form.set('response_format', isVerbose(parameters) && !scored ? 'verbose_json' : 'json');
  if (scored) form.append('include[]', 'logprobs');
  if (stream) form.set('stream', 'true');
  if (language !== undefined && parameters.chooseLanguage && task === 'transcribe')
    form.set('language', language);
  if (prompt !== undefined && parameters.prompt) form.set('prompt', prompt);
  // vLLM takes one text, in which its models look for words between commas.
  if (parameters.hotwords === 'hotwords' && hotwords.length > 0) form.set('hotwords', hotwords.join(','));
  if (parameters.hotwords === 'keywords') for (const word of hotwords) form.append('keywords[]', word);
  if (temperature !== undefined) form.set('temperature', String(temperature));
  if (words && parameters.words && !scored)
    for (const unit of ['word', 'segment']) form.append('timestamp_granularities[]', unit);
  const encoded = new Response(form);
  const contentType = encoded.headers.get('content-type');
  if (contentType === null) throw new VoxError('internal', 'a form without a content type');
  return { contentType, body: new Uint8Array(await encoded.arrayBuffer()) };
}

async function streamedText(upstream: Upstream, { bytes }: Answer, heard: () => void): Promise<string> {
  const streamed = new StreamedText(upstream);
  for await (const { data } of eventsOf(bytes)) {
    streamed.push(data);
    if (streamed.text !== '') heard();
    if (streamed.over) break;
  }
  streamed.end();
  return streamed.text;
}
