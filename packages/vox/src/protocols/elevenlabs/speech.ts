/** `POST /v1/text-to-speech/{voice_id}` in its four forms. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Runtime } from '../../runtime/types.js';
import {
  NDJSON_TYPE,
  ndjson,
  publicError,
  readJson,
  requestSignal,
  sendSpeech,
  speechBodyBytes,
  started,
  streamBody,
  warningHeader,
} from '../../transport/index.js';
import { speechCommand, voiceOf } from './codec.js';
import { errorMessage } from './errors.js';
import { chunksWithTimestamps, withTimestamps } from './render.js';
import { chooseVoice, type VoiceAlias } from './voices.js';

export interface SpeechOptions {
  readonly runtime: Pick<Runtime, 'speak' | 'voices' | 'limits'>;
  /** For audio that is collected before it is sent. */
  readonly uploadDirectory: string;
  /** A body may pause this long, in ms. */
  readonly stallMs: number;
  readonly voiceAliases: readonly VoiceAlias[];
}

/** The end of the path: the audio whole, as it is made, or either in JSON. */
export type Form = '' | '/stream' | '/with-timestamps' | '/stream/with-timestamps';
export const FORMS: readonly Form[] = ['', '/stream', '/with-timestamps', '/stream/with-timestamps'];

export async function speech(
  { runtime, uploadDirectory, stallMs, voiceAliases }: SpeechOptions,
  form: Form,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const limit = runtime.limits.textCharacters;
  const body = await readJson(request, { maxBytes: speechBodyBytes(limit), stallMs });
  const command = speechCommand(request.url, body, limit);
  const { model } = command.request;
  const chosen = chooseVoice(voiceOf(request.url), await runtime.voices(model), voiceAliases);
  const signal = requestSignal(request);
  const whole = form === '';
  const speech = await runtime.speak({ ...command.request, voice: chosen.voice, whole, signal });
  reply.headers({
    'x-vox-model': speech.model,
    'request-id': request.id,
    ...warningHeader([...command.warnings, ...chosen.warnings, ...speech.warnings]),
  });
  if (whole || form === '/stream')
    return sendSpeech(request, reply, { format: command.format, speech, whole, directory: uploadDirectory });
  // It rejects along with the audio; whoever reads that reports it.
  speech.summary.catch(() => {});
  const audio = await started(speech.audio, signal);
  if (form === '/with-timestamps')
    return reply.type('application/json; charset=utf-8').send(streamBody(withTimestamps(audio)));
  const lines = ndjson(chunksWithTimestamps(audio), (error) => errorMessage(publicError(error, request.id)));
  return reply.type(NDJSON_TYPE).send(streamBody(lines));
}
