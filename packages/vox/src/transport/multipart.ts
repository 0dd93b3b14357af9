/** An upload: its one file streamed to a temporary file, its fields collected, all under limits. */
import type { FileHandle } from 'node:fs/promises';
import { VoxError } from '@vox-speech/contract';
import type { FastifyRequest } from 'fastify';
import { bodyChunks, DEFAULT_STALL_MS } from './body.js';
import { type MultipartEvent, MultipartParser, multipartBoundary } from './multipart-parser.js';
import { openTemporary, removeTemporary } from './temporary.js';

export interface UploadLimits {
  /** Bytes of the file. */
  readonly fileBytes: number;
  /** Number of fields; a repeated name counts each time. */
  readonly fields: number;
  /** Bytes of one field's value. */
  readonly fieldBytes: number;
  /** Bytes of all values together. */
  readonly allFieldBytes: number;
  /** Fields that hold more, with limits of their own. */
  readonly largeFields?: LargeFields;
  /** Bytes of one part's header. */
  readonly partHeaderBytes: number;
}

export interface LargeFields {
  readonly names: readonly string[];
  /** Bytes of one value, and of all of these fields together. */
  readonly bytes: number;
  readonly allBytes: number;
}

/** Every limit but the file's, which the runtime states. */
export const DEFAULT_UPLOAD_LIMITS = {
  fields: 256,
  fieldBytes: 64 * 1024,
  allFieldBytes: 256 * 1024,
  partHeaderBytes: 8 * 1024,
} as const satisfies Omit<UploadLimits, 'fileBytes'>;

export interface UploadOptions {
  /** Where the temporary file goes; made when missing. */
  readonly directory: string;
  readonly limits: UploadLimits;
  /** Name of the field that carries the file. */
  readonly fileField?: string;
  /** The upload may pause this long, in ms. */
  readonly stallMs?: number;
}

export interface UploadedFile {
  readonly path: string;
  readonly bytes: number;
  /** As the client gave it; never part of a path. */
  readonly filename: string;
  /** As the client gave it. */
  readonly contentType?: string;
}

export interface Upload {
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly file?: UploadedFile;
  /** Removes the temporary file. Idempotent. */
  dispose(): Promise<void>;
}

/**
 * Reads a multipart body to its end. Whatever goes wrong, the temporary file is gone when this rejects.
 * @throws VoxError `too_large` while reading; `invalid_request` for a malformed body or too many, too long
 * fields; `timeout`; `cancelled` when the client goes away; `disk_full`
 */
export async function receiveUpload(request: FastifyRequest, options: UploadOptions): Promise<Upload> {
  const { limits } = options;
  const boundary = multipartBoundary(request.headers['content-type']);
  const parser = new MultipartParser(boundary, limits.partHeaderBytes);
  const receiver = new Receiver(options);
  try {
    // What surrounds the file is bounded too, so that the whole body is.
    const maxBytes =
      limits.fileBytes +
      limits.allFieldBytes +
      (limits.largeFields?.allBytes ?? 0) +
      limits.fields * limits.partHeaderBytes;
    const body = bodyChunks(request, {
      maxBytes,
      what: 'the upload',
      stallMs: options.stallMs ?? DEFAULT_STALL_MS,
    });
    for await (const chunk of body) for (const event of parser.push(chunk)) await receiver.take(event);
    parser.finish();
    return await receiver.finish();
  } catch (error) {
    await receiver.abandon();
    throw VoxError.from(error);
  }
}

class Receiver {
  readonly #options: UploadOptions;
  readonly #fields = new Map<string, string[]>();
  #count = 0;
  #fieldBytes = 0;
  #largeBytes = 0;
  #field: { name: string; chunks: Buffer[]; bytes: number } | undefined;
  #writer: (Omit<UploadedFile, 'bytes'> & { readonly handle: FileHandle }) | undefined;
  #inFile = false;
  #bytes = 0;

  constructor(options: UploadOptions) {
    this.#options = options;
  }

  async take(event: MultipartEvent): Promise<void> {
    if (event.type === 'data')
      return this.#inFile ? await this.#write(event.bytes) : this.#append(event.bytes);
    if (event.type === 'part-end') return this.#endPart();
    if (event.name === (this.#options.fileField ?? 'file')) return await this.#openFile(event);
    if (event.filename !== undefined)
      throw new VoxError('invalid_request', `unexpected file field ${JSON.stringify(cut(event.name))}`, {
        param: cut(event.name),
      });
    this.#count += 1;
    if (this.#count > this.#options.limits.fields)
      throw new VoxError('invalid_request', `the form has more than ${this.#options.limits.fields} fields`);
    this.#field = { name: event.name, chunks: [], bytes: 0 };
  }

  async finish(): Promise<Upload> {
    const writer = this.#writer;
    if (writer === undefined) return { fields: this.#fields, dispose: async () => {} };
    const { handle, ...file } = writer;
    await handle.close();
    return {
      fields: this.#fields,
      file: { ...file, bytes: this.#bytes },
      dispose: () => removeTemporary(file.path),
    };
  }

  /** Closes and removes what was written. */
  async abandon(): Promise<void> {
    if (this.#writer === undefined) return;
    await this.#writer.handle.close().catch(() => {});
    await removeTemporary(this.#writer.path);
  }

  async #openFile(event: Extract<MultipartEvent, { type: 'part' }>): Promise<void> {
    if (this.#writer !== undefined)
      throw new VoxError('invalid_request', `the field ${event.name} came twice; send one file`, {
        param: event.name,
      });
    const { filename = '', contentType } = event;
    this.#writer = {
      ...(await openTemporary(this.#options.directory, 'upload')),
      filename,
      ...(contentType === undefined ? {} : { contentType }),
    };
    this.#inFile = true;
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#bytes += bytes.length;
    if (this.#bytes > this.#options.limits.fileBytes)
      throw new VoxError('too_large', `the file is larger than ${this.#options.limits.fileBytes} bytes`, {
        param: this.#options.fileField ?? 'file',
      });
    let at = 0;
    while (at < bytes.length) {
      const { bytesWritten } = (await this.#writer?.handle.write(bytes, at)) ?? { bytesWritten: 0 };
      at += bytesWritten;
    }
  }

  #append(bytes: Buffer): void {
    if (this.#field === undefined) return;
    const { name } = this.#field;
    const { fieldBytes, allFieldBytes, largeFields } = this.#options.limits;
    const large = largeFields?.names.includes(name) === true ? largeFields : undefined;
    this.#field.bytes += bytes.length;
    if (large === undefined) this.#fieldBytes += bytes.length;
    else this.#largeBytes += bytes.length;
    const one = large?.bytes ?? fieldBytes;
    const all = large?.allBytes ?? allFieldBytes;
    if (this.#field.bytes > one || (large === undefined ? this.#fieldBytes : this.#largeBytes) > all)
      throw new VoxError(
        'invalid_request',
        `the field ${JSON.stringify(cut(name))} is longer than ${one} bytes, or all fields are longer than ${all}`,
        { param: cut(name) },
      );
    // A copy: the slice would keep the whole network chunk alive.
    this.#field.chunks.push(Buffer.from(bytes));
  }

  #endPart(): void {
    this.#inFile = false;
    const field = this.#field;
    this.#field = undefined;
    if (field === undefined) return;
    const values = this.#fields.get(field.name) ?? [];
    values.push(Buffer.concat(field.chunks).toString('utf8'));
    this.#fields.set(field.name, values);
  }
}

function cut(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

/**
 * An upload that must hold a file with at least one byte, under the default limits of everything else.
 * @throws VoxError as `receiveUpload`; `invalid_request` without a file, `empty_audio` for an empty one
 */
export async function receiveFile(
  request: FastifyRequest,
  options: {
    directory: string;
    fileBytes: number;
    stallMs: number;
    fileField?: string;
    largeFields?: LargeFields;
    /** The dialect's own error where there is no such field. */
    missing?: (field: string) => VoxError;
  },
): Promise<Upload & { readonly file: UploadedFile }> {
  const { directory, fileBytes, stallMs, fileField = 'file', largeFields } = options;
  const upload = await receiveUpload(request, {
    directory,
    limits: { ...DEFAULT_UPLOAD_LIMITS, fileBytes, ...(largeFields === undefined ? {} : { largeFields }) },
    fileField,
    stallMs,
  });
  const { file } = upload;
  if (file !== undefined && file.bytes > 0) return { ...upload, file };
  await upload.dispose();
  throw file === undefined
    ? (options.missing?.(fileField) ??
        new VoxError('invalid_request', `${fileField}: this field is required`, { param: fileField }))
    : new VoxError('empty_audio', 'No audio data provided: the file is empty', { param: fileField });
}
