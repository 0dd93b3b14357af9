/** `POST /transcribe/streaming` and below it: a session by its id, one upload after another. */
import { VoxError } from '@vox-speech/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../../observe/index.js';
import type { ResumableSessions, Runtime } from '../../runtime/types.js';
import { declaredRaw, requestSignal, type Upload, warningHeader } from '../../transport/index.js';
import { emptyFile, unknownState } from './errors.js';
import { pcmOf } from './pcm.js';
import * as render from './render.js';
import { flag, seq, stateId, wishes } from './schema.js';
import { fileOf, receive, type UploadSettings } from './upload.js';

export interface StreamingContext {
  readonly runtime: Pick<Runtime, 'decodeStream'>;
  readonly sessions: Pick<ResumableSessions, 'create' | 'append' | 'finalize'>;
  readonly settings: UploadSettings;
  readonly log: Pick<Log, 'info'>;
}

type Handler = (context: StreamingContext, request: FastifyRequest, reply: FastifyReply) => Promise<object>;

/** A new session; no body is needed. Throws `overloaded`, `store_unavailable`, `model_not_pulled`, ... */
export const start: Handler = async ({ sessions, settings, log }, request, reply) => {
  const wanted = await withUpload(request, settings, async ({ fields }) => wishes(fields));
  const { id, warnings } = await sessions.create({ ...wanted, signal: requestSignal(request) });
  log.info(`Created streaming session: ${id}`);
  reply.headers(warningHeader(warnings));
  return render.begun(id, warnings);
};

/** More audio, and the phrases that ended since the last answer. Throws `not_found`, `conflict`, ... */
export const chunk: Handler = async ({ runtime, sessions, settings }, request) => {
  const signal = requestSignal(request);
  const { id, piece } = await withUpload(request, settings, async (upload) => {
    const file = fileOf(upload, ['state_id']);
    const given = { id: stateId(upload.fields), number: seq(upload.fields) };
    const { raw } = declaredRaw(upload);
    const pcm = await pcmOf(runtime, file, raw, signal).catch((error) => {
      throw VoxError.is(error) && error.code === 'empty_audio' ? emptyFile(file.filename) : error;
    });
    return { id: given.id, piece: { ...pcm, ...given.number } };
  });
  const answer = await sessions.append(id, piece, signal).catch((error) => inItsWords(error, id));
  return render.state(answer, false);
};

/** The end: all phrases of the session, as the original; with `new_only` those not told yet, as its README has it. */
export const finalize: Handler = async ({ sessions, settings, log }, request) => {
  const { id, newOnly } = await withUpload(request, settings, async ({ fields }) => ({
    id: stateId(fields),
    newOnly: flag(fields, 'new_only', false),
  }));
  const answer = await sessions
    .finalize(id, { newOnly }, requestSignal(request))
    .catch((error) => inItsWords(error, id));
  log.info(`Finalized streaming session: ${id}, returning ${answer.phrases.length} phrases`);
  return render.state(answer, true);
};

function inItsWords(error: unknown, id: string): never {
  throw VoxError.is(error) && error.code === 'not_found' ? unknownState(id) : error;
}

/** Reads the body, and leaves no file behind. */
async function withUpload<T>(
  request: FastifyRequest,
  settings: UploadSettings,
  use: (upload: Upload) => Promise<T>,
): Promise<T> {
  const upload = await receive(request, settings);
  return use(upload).finally(() => upload.dispose());
}
