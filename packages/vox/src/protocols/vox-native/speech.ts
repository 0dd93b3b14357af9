/** Transcribing and speaking in the native shapes of V1. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { collectTranscript } from '../../runtime/collect.js';
import type { Runtime } from '../../runtime/types.js';
import {
  abortable,
  declaredRaw,
  receiveFile,
  requestSignal,
  sendSpeech,
  speechBodyBytes,
  warningHeader,
} from '../../transport/index.js';
import { missingField, readBody } from './body.js';
import { synthesizeCommand, transcribeCommand } from './codec.js';
import { transcript } from './render.js';
import { synthesizeSchema } from './schema.js';

export interface SpeechOptions {
  readonly runtime: Runtime;
  /** Folder of temporary files. */
  readonly uploadDirectory: string;
  /** An upload may pause this long, in ms. */
  readonly stallMs: number;
}

export function registerSpeech(app: FastifyInstance, options: SpeechOptions): void {
  app.post('/api/transcribe', (request, reply) => transcribe(options, request, reply));
  app.post('/api/synthesize', (request, reply) => synthesize(options, request, reply));
}

async function transcribe(
  { runtime, uploadDirectory, stallMs }: SpeechOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const signal = requestSignal(request);
  const upload = await receiveFile(request, {
    directory: uploadDirectory,
    fileBytes: runtime.limits.uploadBytes,
    stallMs,
    missing: missingField,
  });
  const work = async () => {
    const command = transcribeCommand(upload.fields);
    const job = await runtime.transcribe({
      ...command.request,
      ...declaredRaw(upload),
      path: upload.file.path,
      signal,
    });
    return { command, done: await collectTranscript({ ...job, segments: abortable(job.segments, signal) }) };
  };
  // Before the answer, so that a client that has it can count on nothing being left.
  const { command, done } = await work().finally(upload.dispose);
  reply.headers({
    'x-vox-model': done.model,
    'x-vox-processing-ms': String(Math.round(done.summary.processingMs)),
    ...warningHeader([...command.warnings, ...done.warnings]),
  });
  if (command.format === 'text') return reply.type('text/plain; charset=utf-8').send(done.text);
  return reply.send(transcript(done, command.format === 'verbose_json'));
}

async function synthesize(
  { runtime, uploadDirectory, stallMs }: SpeechOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const limit = runtime.limits.textCharacters;
  const body = await readBody(synthesizeSchema, request, { maxBytes: speechBodyBytes(limit), stallMs });
  const { request: wanted, whole } = synthesizeCommand(body, limit);
  const speech = await runtime.speak({ ...wanted, signal: requestSignal(request) });
  reply.headers({
    'x-vox-model': speech.model,
    'content-disposition': `attachment; filename=speech.${wanted.format}`,
    ...warningHeader(speech.warnings),
  });
  return sendSpeech(request, reply, { format: wanted.format, speech, whole, directory: uploadDirectory });
}
