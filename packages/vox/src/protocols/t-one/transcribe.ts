/** `POST /transcribe`: a whole recording. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { collectTranscript } from '../../runtime/collect.js';
import type { Runtime } from '../../runtime/types.js';
import { abortable, declaredRaw, requestSignal, warningHeader } from '../../transport/index.js';
import * as render from './render.js';
import { flag, wishes } from './schema.js';
import { fileOf, receive, type UploadSettings } from './upload.js';

/** OpenAI's name for the default recogniser, which this server has too. */
export const DEFAULT_MODEL = 'whisper-1';

/** Throws as `Runtime.transcribe`, and `unprocessable` naming the field. */
export async function transcribe(
  runtime: Pick<Runtime, 'transcribe' | 'show'>,
  settings: UploadSettings,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const signal = requestSignal(request);
  const upload = await receive(request, settings);
  const began = performance.now();
  const work = async () => {
    const file = fileOf(upload);
    const { fields } = upload;
    const timestamps = flag(fields, 'return_timestamps', true);
    const wanted = wishes(fields);
    const job = await runtime.transcribe({
      ...wanted,
      path: file.path,
      ...declaredRaw(upload),
      task: 'transcribe',
      words: await timesWords(runtime, wanted.model),
      signal,
    });
    const heard = await collectTranscript({ ...job, segments: abortable(job.segments, signal) });
    return { heard, timestamps };
  };
  // The file goes before the answer does: who has it finds nothing left here.
  const { heard, timestamps } = await work().finally(() => upload.dispose());
  return reply
    .headers({ ...warningHeader(heard.warnings), 'x-vox-model': heard.model })
    .send(render.transcription(heard, { timestamps, processingMs: performance.now() - began }));
}

/** Phrases are cut by word times; a model that has none is not asked for them. What is wrong with a name is told later. */
async function timesWords(runtime: Pick<Runtime, 'show'>, model: string): Promise<boolean> {
  const found = await runtime.show(model === '' ? DEFAULT_MODEL : model).catch(() => undefined);
  return found?.info?.canTimeWords !== false;
}
