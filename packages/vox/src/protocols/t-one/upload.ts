/** The upload of a request: read to a temporary file, under the limits, with errors in the original's words. */
import { VoxError } from '@vox-speech/contract';
import type { FastifyRequest } from 'fastify';
import { DEFAULT_UPLOAD_LIMITS, receiveAny, type Upload, type UploadedFile } from '../../transport/index.js';
import { emptyFile, missing, tooLarge } from './errors.js';

export interface UploadSettings {
  readonly directory: string;
  /** Bytes of a file. */
  readonly fileBytes: number;
  /** An upload may pause this long, in ms. */
  readonly stallMs: number;
}

/** Fields, and a file where one was sent. Whoever called disposes of it. Throws `too_large` while it is read. */
export async function receive(request: FastifyRequest, settings: UploadSettings): Promise<Upload> {
  const { directory, fileBytes, stallMs } = settings;
  const limits = { ...DEFAULT_UPLOAD_LIMITS, fileBytes };
  try {
    return await receiveAny(request, { directory, limits, stallMs });
  } catch (error) {
    if (!VoxError.is(error) || error.code !== 'too_large') throw error;
    const stated = Number(request.headers['content-length']);
    throw tooLarge(fileBytes, stated > fileBytes ? stated : undefined);
  }
}

/**
 * The file of an upload that must have these fields and a file with something in it.
 * @throws VoxError `unprocessable` naming every field that is missing, `empty_audio`
 */
export function fileOf({ fields, file }: Upload, needed: readonly string[] = []): UploadedFile {
  const absent = needed.filter((name) => (fields.get(name)?.at(-1) ?? '') === '');
  if (file === undefined) absent.push('file');
  if (file === undefined || absent.length > 0) throw missing(absent);
  if (file.bytes === 0) throw emptyFile(file.filename);
  return file;
}
