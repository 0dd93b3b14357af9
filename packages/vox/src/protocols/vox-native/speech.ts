/** Transcribing, speaking and voices in the native shapes. */
import { wavHeader } from '@vox-speech/audio';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { collectTranscript } from '../../runtime/collect.js';
import type { Runtime } from '../../runtime/types.js';
import {
  abortable,
  readJson,
  receiveFile,
  requestSignal,
  sendAudio,
  validate,
  warningHeader,
} from '../../transport/index.js';
import { synthesizeCommand, transcribeCommand } from './codec.js';
import { transcript, voiceItem } from './render.js';
import { voicesSchema } from './schema.js';

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
  const voices = async (request: FastifyRequest) => {
    const { model } = validate(voicesSchema, request.query);
    return { voices: model ? await voicesOf(options.runtime, model) : await voicesOfLoaded(options.runtime) };
  };
  app.get('/api/voices', voices);
  app.get('/v1/audio/voices', voices);
}

async function voicesOf(runtime: Runtime, model: string) {
  return (await runtime.voices(model)).map((voice) => voiceItem(voice));
}

/** Without a model: the voices of what is loaded, each with its model, as the original. */
async function voicesOfLoaded(runtime: Runtime) {
  const speaking = runtime.loaded().filter(({ kind }) => kind === 'tts');
  const each = speaking.map(async ({ reference }) =>
    (await runtime.voices(reference)).map((voice) => voiceItem(voice, reference)),
  );
  return (await Promise.all(each)).flat();
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
  });
  const work = async () => {
    const command = transcribeCommand(upload.fields);
    const job = await runtime.transcribe({ ...command.request, path: upload.file.path, signal });
    return { command, done: await collectTranscript({ ...job, segments: abortable(job.segments, signal) }) };
  };
  // Before the answer, so that a client that has it can count on nothing being left.
  const { command, done } = await work().finally(upload.dispose);
  reply.headers({
    'x-vox-model': done.model,
    'x-vox-processing-ms': String(Math.round(done.summary.processingMs)),
    ...warningHeader(done.warnings),
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
  // A character takes at most 12 bytes of JSON (two \u escapes).
  const body = await readJson(request, { maxBytes: Math.max(1024 * 1024, limit * 12), stallMs });
  const { request: wanted, whole } = synthesizeCommand(body, limit);
  const speech = await runtime.speak({ ...wanted, signal: requestSignal(request) });
  speech.summary.catch(() => {});
  reply.headers({
    'x-vox-model': speech.model,
    'content-disposition': `attachment; filename=speech.${wanted.format}`,
    ...warningHeader(speech.warnings),
  });
  return sendAudio(request, reply, {
    format: wanted.format,
    sampleRate: speech.sampleRate,
    audio: speech.audio,
    whole,
    wavHead: (bytes) => wavHeader({ encoding: 's16', sampleRate: speech.sampleRate, frames: bytes >> 1 }),
    directory: uploadDirectory,
    finalHeaders: async () => ({
      'x-vox-processing-ms': String(Math.round((await speech.summary).processingMs)),
    }),
  });
}
