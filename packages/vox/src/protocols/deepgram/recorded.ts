/** `POST /v1/listen`: a whole recording. */
import { VoxError, type Warning } from '@vox-speech/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { collectTranscript } from '../../runtime/collect.js';
import type { Runtime, TranscribeRequest, Transcription } from '../../runtime/types.js';
import {
  abortable,
  DEFAULT_UPLOAD_LIMITS,
  receiveAny,
  requestSignal,
  warningHeader,
} from '../../transport/index.js';
import { newIdentity } from './identity.js';
import { recording } from './render.js';
import { type RecordedParameters, readRecorded } from './schema.js';

export interface RecordedOptions {
  readonly runtime: Pick<Runtime, 'transcribe' | 'limits'>;
  readonly uploadDirectory: string;
  /** An upload may pause this long, in ms. */
  readonly stallMs: number;
}

export async function transcribe(
  { runtime, uploadDirectory, stallMs }: RecordedOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const identity = newIdentity();
  const parameters = readRecorded(request.url);
  if (/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw new VoxError(
      'invalid_request',
      'url: this server fetches no recordings; send the file itself as the body',
      { param: 'url' },
    );
  const limits = { ...DEFAULT_UPLOAD_LIMITS, fileBytes: runtime.limits.uploadBytes };
  const upload = await receiveAny(request, { directory: uploadDirectory, limits, stallMs });
  const work = async () => {
    if (upload.file === undefined || upload.file.bytes === 0)
      throw new VoxError(
        'empty_audio',
        'the body is no recording: send the file itself, with Content-Type: audio/wav or the like',
        { param: 'file' },
      );
    const signal = requestSignal(request);
    const { job, warnings } = await begin(runtime, asked(parameters, upload.file.path, signal));
    const done = await collectTranscript({ ...job, segments: abortable(job.segments, signal) });
    return { ...done, warnings: [...warnings, ...done.warnings] };
  };
  // The file goes before the answer does: who has it finds nothing left here.
  const done = await work().finally(() => upload.dispose());
  return reply
    .headers({
      'dg-request-id': identity.requestId,
      'x-vox-model': done.model,
      ...warningHeader([...parameters.warnings, ...done.warnings]),
    })
    .send(recording(identity, parameters, done));
}

function asked(parameters: RecordedParameters, path: string, signal: AbortSignal): TranscribeRequest {
  const { model, language, raw, hotwords } = parameters;
  return {
    model,
    path,
    task: 'transcribe',
    words: true,
    ...(language === undefined ? {} : { language }),
    ...(raw === undefined ? {} : { raw }),
    ...(hotwords.length === 0 ? {} : { hotwords }),
    signal,
  };
}

/** Deepgram always times words; a model that can't is asked for the text alone. */
async function begin(
  runtime: Pick<Runtime, 'transcribe'>,
  request: TranscribeRequest,
): Promise<{ job: Transcription; warnings: Warning[] }> {
  try {
    return { job: await runtime.transcribe(request), warnings: [] };
  } catch (error) {
    if (!VoxError.is(error) || error.param !== 'timestamp_granularities') throw error;
    const job = await runtime.transcribe({ ...request, words: false });
    return { job, warnings: [{ type: 'unsupported', option: 'words', message: error.message }] };
  }
}
