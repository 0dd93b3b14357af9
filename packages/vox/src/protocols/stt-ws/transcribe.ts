/** `POST /v1/stt/transcribe`: a whole recording (stt-ws.md section 3). */
import { open } from 'node:fs/promises';
import { VoxError } from '@vox-speech/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { collectTranscript } from '../../runtime/collect.js';
import { parseLanguage } from '../../runtime/languages.js';
import type { Runtime } from '../../runtime/types.js';
import {
  abortable,
  form,
  receiveFile,
  requestSignal,
  type Upload,
  warningHeader,
} from '../../transport/index.js';
import { damagedWav, HEAD_BYTES } from './wav-faults.js';

export interface TranscribeOptions {
  readonly runtime: Pick<Runtime, 'transcribe' | 'limits'>;
  readonly uploadDirectory: string;
  /** An upload may pause this long, in ms. */
  readonly stallMs: number;
}

/** Throws `unprocessable` (422) for what is no recording, in the original's words where it has some. */
export async function transcribe(
  { runtime, uploadDirectory, stallMs }: TranscribeOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const signal = requestSignal(request);
  const upload = await receive(request, uploadDirectory, runtime.limits.uploadBytes, stallMs);
  const work = async () => {
    const query = request.query as Readonly<Record<string, string | string[] | undefined>>;
    const given = (name: string) => [query[name]].flat().at(-1) || form.text(upload.fields, name);
    const language = parseLanguage(given('language'));
    const job = await runtime.transcribe({
      model: given('model') ?? '',
      path: upload.file.path,
      task: 'transcribe',
      words: false,
      ...(language === undefined ? {} : { language }),
      signal,
    });
    return collectTranscript({ ...job, segments: abortable(job.segments, signal) });
  };
  // The file goes before the answer does: who has it finds nothing left here.
  const done = await work()
    .catch(async (error) => {
      throw await inItsWords(error, upload.file);
    })
    .finally(() => upload.dispose());
  const { durationMs, processingMs } = done.summary;
  return reply
    .headers({ 'x-vox-model': done.model, ...warningHeader(done.warnings) })
    .send({ text: done.text, duration_ms: durationMs, latency_ms: processingMs });
}

async function receive(
  request: FastifyRequest,
  directory: string,
  fileBytes: number,
  stallMs: number,
): ReturnType<typeof receiveFile> {
  const missing = () =>
    new VoxError('unprocessable', 'file: this field is required', {
      param: 'file',
      issues: [{ type: 'missing', loc: ['body', 'file'], msg: 'Field required', input: null }],
    });
  // The original's framework finds no file in a body of another kind.
  if (!/^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')) throw missing();
  try {
    return await receiveFile(request, { directory, fileBytes, stallMs, missing });
  } catch (error) {
    if (!VoxError.is(error)) throw error;
    if (error.code === 'empty_audio') throw new VoxError('unprocessable', 'WAV file too small: 0 bytes');
    if (error.code !== 'too_large') throw error;
    // It is refused while it comes in, so its size is known only where the client states it.
    const stated = request.headers['content-length'];
    const size = stated === undefined ? '' : ` (${stated} bytes)`;
    throw new VoxError('too_large', `File too large${size}. Max: ${fileBytes}`, { param: 'file' });
  }
}

/** What the media step did not take, as the original says it. */
async function inItsWords(thrown: unknown, file: NonNullable<Upload['file']>): Promise<unknown> {
  if (!VoxError.is(thrown)) return thrown;
  const { code, message } = thrown;
  if (code !== 'unsupported_media' && code !== 'empty_audio' && code !== 'ffmpeg_missing') return thrown;
  const head = Buffer.alloc(Math.min(HEAD_BYTES, file.bytes));
  const handle = await open(file.path, 'r');
  try {
    await handle.read(head, 0, head.length, 0);
  } finally {
    await handle.close();
  }
  return new VoxError('unprocessable', damagedWav(head, file.bytes) ?? message, {
    param: 'file',
    cause: thrown,
  });
}
