/** OpenAI's audio routes. */
import type { VoxError, Warning } from '@vox-speech/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { collectTranscript } from '../../runtime/collect.js';
import type { Runtime } from '../../runtime/types.js';
import {
  abortable,
  DEFAULT_STALL_MS,
  declaredRaw,
  readJson,
  receiveFile,
  requestSignal,
  sendEvents,
  sendSpeech,
  speechBodyBytes,
  warningHeader,
} from '../../transport/index.js';
import { inOurFields } from '../openai-shapes/warnings.js';
import { type SpeechCommand, speechCommand, transcriptCommand } from './codec.js';
import { registerConsents } from './consents.js';
import { LARGE_FIELDS } from './diarize-request.js';
import { diarizedEvents, renderDiarized } from './diarized.js';
import { errorBody } from './errors.js';
import { speechEvents, transcriptEvents } from './events.js';
import { keepReferences } from './references.js';
import { renderTranscript } from './render.js';
import { isOtherName, standIn, type VoiceAlias } from './voices.js';

export interface OpenaiOptions {
  readonly runtime: Runtime;
  /** Folder of temporary files. */
  readonly uploadDirectory: string;
  /** An upload may pause this long, in ms. */
  readonly stallMs?: number;
  /** Further names of voices; of several with one name the first that a model has. */
  readonly voiceAliases?: readonly VoiceAlias[];
}

/** Registers `/v1/audio/{transcriptions,translations,speech,voice_consents}` and the error shape of everything under `/v1/`. */
export function register(app: FastifyInstance, options: OpenaiOptions): void {
  app.errorShapes.add('/v1/', errorBody);
  app.post('/v1/audio/transcriptions', (request, reply) => transcript(options, 'transcribe', request, reply));
  app.post('/v1/audio/translations', (request, reply) => transcript(options, 'translate', request, reply));
  app.post('/v1/audio/speech', (request, reply) => speech(options, request, reply));
  registerConsents(app, { ...options, stallMs: options.stallMs ?? DEFAULT_STALL_MS });
}

async function transcript(
  { runtime, uploadDirectory, stallMs = DEFAULT_STALL_MS }: OpenaiOptions,
  task: 'transcribe' | 'translate',
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const signal = requestSignal(request);
  const upload = await receiveFile(request, {
    directory: uploadDirectory,
    fileBytes: runtime.limits.uploadBytes,
    stallMs,
    largeFields: LARGE_FIELDS,
  });
  let dispose = upload.dispose;
  let kept = true;
  try {
    const command = transcriptCommand(upload.fields, task);
    const references = command.diarize && (await keepReferences(command.diarize, uploadDirectory));
    if (references !== undefined)
      dispose = async () => {
        await Promise.all([upload.dispose(), references.dispose()]);
      };
    const job = await runtime.transcribe({
      ...command.request,
      ...(references === undefined ? {} : { diarize: references.diarize }),
      ...declaredRaw(upload),
      path: upload.file.path,
      signal,
    });
    const warnings = inOurFields(job.warnings);
    const transcription = { ...job, warnings, segments: abortable(job.segments, signal) };
    reply.header('x-vox-model', job.model);
    if (command.stream) {
      reply.headers(warningHeader([...command.warnings, ...warnings]));
      kept = false;
      const told =
        command.diarize === undefined
          ? transcriptEvents(transcription, command)
          : diarizedEvents(transcription, command.warnings);
      const events = finallyDo(told, dispose);
      return await sendEvents(request, reply, events, errorEvent);
    }
    const done = await collectTranscript(transcription);
    // Before the answer, so that a client that has it can count on nothing being left.
    await dispose();
    const { type, body } =
      command.diarize === undefined
        ? renderTranscript(command, done)
        : renderDiarized(done, command.warnings);
    return reply
      .headers({
        'x-vox-processing-ms': String(Math.round(done.summary.processingMs)),
        ...warningHeader([...command.warnings, ...done.warnings]),
      })
      .type(type)
      .send(body);
  } finally {
    if (kept) await dispose();
  }
}

/** The same items; `last` runs once they have ended, failed or are no longer read. Nothing runs before the first is asked for. */
async function* finallyDo<T>(items: AsyncIterable<T>, last: () => Promise<void>): AsyncGenerator<T, void> {
  try {
    yield* items;
  } finally {
    await last();
  }
}

/** An error after the first byte: the SDKs raise what has an `error` key. */
function errorEvent(error: VoxError): unknown {
  return { error: errorBody(error).error };
}

async function speech(
  { runtime, uploadDirectory, stallMs = DEFAULT_STALL_MS, voiceAliases = [] }: OpenaiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const limit = runtime.limits.textCharacters;
  const body = await readJson(request, { maxBytes: speechBodyBytes(limit), stallMs });
  const { command, warnings } = await withVoice(runtime, speechCommand(body, limit), voiceAliases);
  const speech = await runtime.speak({ ...command.request, signal: requestSignal(request) });
  reply.headers({
    'x-vox-model': speech.model,
    ...warningHeader([...warnings, ...speech.warnings]),
  });
  if (command.events)
    return sendEvents(request, reply, speechEvents(speech, command.request.text.length), errorEvent);
  return sendSpeech(request, reply, {
    format: command.request.format,
    speech,
    whole: command.whole,
    directory: uploadDirectory,
  });
}

async function withVoice(
  runtime: Runtime,
  command: SpeechCommand,
  aliases: readonly VoiceAlias[],
): Promise<{ command: SpeechCommand; warnings: readonly Warning[] }> {
  const { model, voice } = command.request;
  if (!isOtherName(voice, aliases)) return { command, warnings: [] };
  const chosen = standIn(voice, await runtime.voices(model), aliases);
  const request = { ...command.request, voice: chosen.voice };
  return { command: { ...command, request }, warnings: chosen.warnings };
}
