/** A form in whichever way a client sends it: multipart, urlencoded, or the file alone with its fields in the query. */
import { VoxError } from '@vox-speech/contract';
import type { FastifyRequest } from 'fastify';
import { bodyChunks } from './body.js';
import { receiveUpload, type Upload, type UploadOptions } from './multipart.js';
import { openTemporary, removeTemporary } from './temporary.js';

/** Media types of a body that is the file itself. */
const FILE_TYPE = /^(?:audio\/|video\/|application\/octet-stream\b)/i;

/**
 * Reads the body to its end. A field of the form stands above one of the same name in the query. A body of another type,
 * or none, has no fields and no file.
 * @throws VoxError as `receiveUpload`
 */
export async function receiveAny(request: FastifyRequest, options: UploadOptions): Promise<Upload> {
  const upload = await receiveBody(request, options);
  const fields = new Map(upload.fields);
  const query = request.query as Readonly<Record<string, string | string[]>>;
  for (const [name, value] of Object.entries(query)) if (!fields.has(name)) fields.set(name, [value].flat());
  return { ...upload, fields };
}

function receiveBody(request: FastifyRequest, options: UploadOptions): Promise<Upload> {
  const type = request.headers['content-type']?.trim() ?? '';
  if (/^multipart\/form-data\b/i.test(type)) return receiveUpload(request, options);
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) return receiveUrlencoded(request, options);
  if (FILE_TYPE.test(type)) return receiveWhole(request, type, options);
  return Promise.resolve({ fields: new Map(), dispose: async () => {} });
}

async function receiveUrlencoded(request: FastifyRequest, options: UploadOptions): Promise<Upload> {
  const chunks: Buffer[] = [];
  for await (const chunk of bodyChunks(request, {
    maxBytes: options.limits.allFieldBytes,
    what: 'the form',
    ...stall(options),
  }))
    chunks.push(chunk);
  const given = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  const fields = new Map<string, readonly string[]>();
  for (const name of new Set(given.keys())) fields.set(name, given.getAll(name));
  if (given.size > options.limits.fields)
    throw new VoxError('invalid_request', `the form has more than ${options.limits.fields} fields`);
  return { fields, dispose: async () => {} };
}

/** The body as a temporary file; it is gone when this rejects. */
async function receiveWhole(
  request: FastifyRequest,
  contentType: string,
  options: UploadOptions,
): Promise<Upload> {
  const { directory, limits } = options;
  const { path, handle } = await openTemporary(directory, 'upload');
  const dispose = (): Promise<void> => removeTemporary(path);
  try {
    let bytes = 0;
    const body = bodyChunks(request, { maxBytes: limits.fileBytes, what: 'the file', ...stall(options) });
    for await (const chunk of body) {
      bytes += chunk.length;
      await handle.appendFile(chunk);
    }
    await handle.close();
    return { fields: new Map(), file: { path, bytes, filename: '', contentType }, dispose };
  } catch (error) {
    await handle.close().catch(() => {});
    await dispose();
    throw VoxError.from(error);
  }
}

function stall({ stallMs }: UploadOptions): { stallMs?: number } {
  return stallMs === undefined ? {} : { stallMs };
}
