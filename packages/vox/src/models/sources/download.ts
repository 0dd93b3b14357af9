/**
 * A download that goes on where it stopped: after a cut, after a kill, in another process. Bytes lie in `KEY.part` until
 * they are whole and verified; then the file is `KEY`. The key is the pinned hash where there is one, so that any
 * address of the same bytes can go on with them.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { sizeOf } from '../blobs.js';
import { writeFileDurably } from '../durable.js';
import { withLock } from '../lock.js';
import { mismatch, type SourceContext, unreachable } from './context.js';
import { backOff, get, type HttpAnswer, TransientFailure } from './http.js';

/** Most bytes of a file whose size neither the catalog nor the server states. */
const MAX_UNSTATED = 64 << 20;

/** What the bytes must hash to: plain SHA-256, or git's own hash of a small file at a pinned commit. */
export type Check =
  | { readonly algorithm: 'sha256'; readonly digest: string }
  | { readonly algorithm: 'git'; readonly digest: string; readonly size: number };

export interface DownloadRequest {
  readonly url: string;
  /** For events: `model.bin`. */
  readonly name: string;
  /** Place among the files of this pull, and their number. */
  readonly index: number;
  readonly total: number;
  /** Bytes. */
  readonly size?: number;
  readonly check: Check;
  readonly credential?: { readonly origin: string; readonly token: string };
}

/** Name under `downloads/` of what a check describes. */
export function downloadKey(check: Check): string {
  return check.algorithm === 'sha256' ? check.digest : `git-${check.digest}-${check.size}`;
}

/**
 * Fetches a file and returns the path of the verified bytes. Throws `source_failed` where the server cannot be reached
 * or has no such file, `hash_mismatch` (the bytes are gone then), `disk_full`, `cancelled` (the bytes stay).
 */
export async function download(context: SourceContext, request: DownloadRequest): Promise<string> {
  const key = downloadKey(request.check);
  const path = join(context.layout.downloads, key);
  await mkdir(context.layout.downloads, { recursive: true });
  return withLock(context.layout.lock(`download-${key}`), context.signal, async () => {
    if ((await sizeOf(path)) === undefined) await new Transfer(context, request, path).run();
    return path;
  });
}

class Transfer {
  readonly #part: string;
  readonly #tag: string;
  #hash: Hash;
  #written = 0;
  /** Whether bytes of an earlier answer are part of the file. */
  #resumed = false;
  #etag: string | undefined;
  #total: number | undefined;

  constructor(
    readonly context: SourceContext,
    readonly request: DownloadRequest,
    readonly path: string,
  ) {
    this.#part = `${path}.part`;
    this.#tag = `${path}.etag`;
    this.#hash = this.#newHash();
    this.#total = request.size;
  }

  async run(): Promise<void> {
    const file = await open(this.#part, 'a+');
    try {
      await this.#takeUp();
      await this.#transfer(file);
      await file.sync();
    } finally {
      await file.close();
      if (this.#written === 0) await this.#discard();
    }
    await rename(this.#part, this.path);
    await rm(this.#tag, { force: true });
  }

  async #transfer(file: FileHandle): Promise<void> {
    const { settings, signal } = this.context;
    let failures = 0;
    let restarted = false;
    for (;;) {
      const before = this.#written;
      try {
        if (this.#total === undefined || this.#written < this.#total || this.#total === 0)
          await this.#attempt(file);
        const actual = this.#hash.copy().digest('hex');
        if (actual === this.request.check.digest) return;
        const again = this.#resumed && !restarted;
        await this.#restart(file);
        if (!again) throw mismatch(this.request.name, this.request.check.digest, actual);
        restarted = true;
      } catch (error) {
        if (!(error instanceof TransientFailure)) {
          if (VoxError.is(error) && error.code === 'hash_mismatch') await this.#discard();
          throw VoxError.from(error);
        }
        failures = this.#written > before ? 1 : failures + 1;
        if (failures >= settings.attempts)
          throw unreachable(`${new URL(this.request.url).host}: ${error.message}`, error);
        await backOff(failures, settings.retryMs, error, signal);
        if (signal.aborted) throw new VoxError('cancelled', 'the pull was cancelled');
      }
    }
  }

  /** One request, from where the file ends. */
  async #attempt(file: FileHandle): Promise<void> {
    const { context, request } = this;
    const resuming = this.#written > 0;
    const headers: Record<string, string> = {};
    if (resuming) headers.range = `bytes=${this.#written}-`;
    if (resuming && this.#etag !== undefined) headers['if-range'] = this.#etag;
    const answer = await get({
      url: request.url,
      headers,
      ...(request.credential ? { credential: request.credential } : {}),
      signal: context.signal,
      stallMs: context.settings.stallMs,
    });
    try {
      await this.#accept(answer, file, resuming);
      await this.#write(answer, file);
    } finally {
      await answer.close();
    }
    if (this.#total !== undefined && this.#written < this.#total)
      throw new TransientFailure(`the answer ended after ${this.#written} of ${this.#total} bytes`);
  }

  /** Reads the answer's head. Throws TransientFailure where the server has no such range: then the file begins anew. */
  async #accept(answer: HttpAnswer, file: FileHandle, resuming: boolean): Promise<void> {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.headers.get('content-range') ?? '');
    if (answer.status === 416 || (answer.status === 206 && Number(range?.[1]) !== this.#written)) {
      await this.#restart(file);
      throw new TransientFailure('the server has another idea of the range');
    }
    if (answer.status === 206) this.#resumed = true;
    else if (resuming) await this.#restart(file);
    const length = Number(answer.headers.get('content-length') ?? Number.NaN);
    const stated = answer.status === 206 ? Number(range?.[2]) : length;
    if (Number.isFinite(stated)) {
      if (this.request.size !== undefined && stated !== this.request.size)
        throw mismatch(this.request.name, `${this.request.size} bytes`, `${stated} bytes`);
      this.#total = stated;
    }
    const etag = answer.headers.get('etag');
    if (etag !== null && !etag.startsWith('W/') && etag !== this.#etag) {
      this.#etag = etag;
      await writeFileDurably(this.#tag, etag);
    }
  }

  async #write(answer: HttpAnswer, file: FileHandle): Promise<void> {
    const limit = this.#total ?? MAX_UNSTATED;
    this.#report();
    for await (const chunk of answer.body) {
      if (this.#written + chunk.length > limit)
        throw mismatch(this.request.name, `${limit} bytes`, `more than ${limit} bytes`);
      await file.appendFile(chunk);
      this.#hash.update(chunk);
      this.#written += chunk.length;
      this.#report();
    }
  }

  /** Takes up what an earlier process left. */
  async #takeUp(): Promise<void> {
    for await (const chunk of createReadStream(this.#part, { highWaterMark: 1 << 20 })) {
      this.#hash.update(chunk as Buffer);
      this.#written += (chunk as Buffer).length;
    }
    this.#resumed = this.#written > 0;
    if (this.#resumed) this.#etag = await readFile(this.#tag, 'utf8').catch(() => undefined);
  }

  async #restart(file: FileHandle): Promise<void> {
    await file.truncate(0);
    this.#hash = this.#newHash();
    this.#written = 0;
    this.#resumed = false;
    this.#etag = undefined;
  }

  async #discard(): Promise<void> {
    await rm(this.#part, { force: true });
    await rm(this.#tag, { force: true });
  }

  #newHash(): Hash {
    const { check } = this.request;
    return check.algorithm === 'sha256'
      ? createHash('sha256')
      : createHash('sha1').update(`blob ${check.size}\0`);
  }

  #report(): void {
    const { name, index, total, check } = this.request;
    this.context.emit({
      status: `downloading ${name}`,
      completed: index,
      total,
      ...(check.algorithm === 'sha256' ? { digest: `sha256-${check.digest}` } : {}),
      bytes_completed: this.#written,
      ...(this.#total === undefined ? {} : { bytes_total: this.#total }),
    });
  }
}
