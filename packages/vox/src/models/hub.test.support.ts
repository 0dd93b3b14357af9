/** For tests: a home folder that goes away, entries made on the spot, and a small server that speaks the model hub's REST. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Catalog } from './catalog/index.js';
import { Puller } from './pull.js';
import { DEFAULT_MODELS_SETTINGS, type ModelsSettings } from './settings.js';
import { Store } from './store.js';
import type { CatalogEntry, Source, SourceFile } from './types.js';

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function gitHash(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

export function noise(size: number): Buffer {
  return randomBytes(size);
}

export async function temporaryHome(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'vox-models-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  return home;
}

export function settingsFor(home: string, changes: Partial<ModelsSettings> = {}): ModelsSettings {
  return { ...DEFAULT_MODELS_SETTINGS, home, environment: {}, retryMs: 5, ...changes };
}

export function entryOf(
  reference: string,
  sources: readonly Source[],
  changes: Partial<CatalogEntry> = {},
): CatalogEntry {
  return {
    reference,
    aliases: [],
    kind: 'data',
    family: reference.split(':')[0] ?? '',
    description: 'made by a test',
    license: { id: 'MIT' },
    languages: [],
    needs: [],
    importer: 'none',
    parameters: {},
    sources,
    ...changes,
  };
}

export async function bench(
  t: TestContext,
  entries: readonly CatalogEntry[],
  changes: Partial<ModelsSettings> = {},
) {
  const home = changes.home ?? (await temporaryHome(t));
  const settings = settingsFor(home, changes);
  const catalog = new Catalog(entries, []);
  const puller = new Puller({ settings, catalog });
  t.after(() => puller.close());
  return { home, settings, catalog, puller, store: await Store.open(home) };
}

export interface Served {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  /** Bytes of the body that were sent. */
  sent: number;
}

export interface Behaviour {
  /** Cut the connection after so many bytes of the body, once the client has them (`reached`); one request per number. */
  cuts?: number[];
  /** Answer with these statuses first. */
  statuses?: number[];
  /** Send so many bytes, then wait for `release`. */
  holdAfter?: number;
  /** Send the file up to this byte, wherever the answer begins, then wait for `release`. */
  holdAt?: number;
  redirect?: string;
  etag?: string;
  ignoreRange?: boolean;
}

export class Hub {
  readonly requests: Served[] = [];
  readonly files = new Map<string, Buffer>();
  readonly behaviours = new Map<string, Behaviour>();
  release: () => void = () => undefined;
  readonly #waiting: { bytes: number; go: () => void }[] = [];
  readonly #released: Promise<void>;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  private constructor() {
    this.#released = new Promise((resolve) => {
      this.release = resolve;
    });
  }

  static async start(t: TestContext): Promise<Hub> {
    const hub = new Hub();
    await new Promise<void>((resolve) => hub.#server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      hub.release();
      hub.#server.closeAllConnections();
      return new Promise((resolve) => hub.#server.close(resolve));
    });
    return hub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  serve(path: string, bytes: Buffer, behaviour: Behaviour = {}): string {
    this.files.set(path, bytes);
    this.behaviours.set(path, behaviour);
    return `${this.url}${path}`;
  }

  /** Files of a folder under their own names, as an entry of the catalog asks for them. */
  folder(path: string, names: readonly string[]): Promise<SourceFile[]> {
    return Promise.all(
      names.map(async (name) => {
        const bytes = await readFile(join(path, name));
        const paths = [this.serve(`/${name}`, bytes)];
        return { as: name, paths, size: bytes.length, sha256: sha256(bytes) };
      }),
    );
  }

  /** A repository as the hub serves it: files by their path, and a listing of each folder. */
  repository(name: string, revision: string, files: Record<string, Buffer>, large: readonly string[]): void {
    const folders = new Map<string, object[]>();
    for (const [path, bytes] of Object.entries(files)) {
      this.serve(`/${name}/resolve/${revision}/${path}`, bytes);
      const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
      const lfs = large.includes(path) ? { lfs: { oid: sha256(bytes), size: bytes.length } } : {};
      const row = { type: 'file', path, size: bytes.length, oid: gitHash(bytes), ...lfs };
      folders.set(folder, [...(folders.get(folder) ?? []), row]);
    }
    for (const [folder, rows] of folders) {
      const end = folder === '' ? '' : `/${folder}`;
      this.serve(`/api/models/${name}/tree/${revision}${end}`, Buffer.from(JSON.stringify(rows)));
    }
  }

  /** The client has so many bytes of its file. */
  reached(bytes: number): void {
    for (const waiter of this.#waiting) if (waiter.bytes === bytes) waiter.go();
  }

  count(path: string): number {
    return this.requests.filter((request) => request.path === path).length;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(request.url ?? '');
    const served: Served = {
      path,
      range: request.headers.range,
      authorization: request.headers.authorization,
      sent: 0,
    };
    this.requests.push(served);
    const bytes = this.files.get(path);
    const behaviour = this.behaviours.get(path) ?? {};
    const status = behaviour.statuses?.shift();
    if (bytes === undefined || status !== undefined) {
      response.writeHead(status ?? 404).end();
      return;
    }
    if (behaviour.redirect !== undefined) {
      response.writeHead(302, { location: behaviour.redirect }).end();
      return;
    }
    const etag = behaviour.etag ?? `"${sha256(bytes)}"`;
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const ifRange = request.headers['if-range'];
    const partial = from > 0 && !behaviour.ignoreRange && (ifRange === undefined || ifRange === etag);
    if (partial && from >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    const body = partial ? bytes.subarray(from) : bytes;
    response.writeHead(partial ? 206 : 200, {
      etag,
      'content-length': body.length,
      'accept-ranges': 'bytes',
      ...(partial ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    void this.#send(response, body, partial ? from : 0, behaviour, served);
  }

  async #send(
    response: ServerResponse,
    body: Buffer,
    from: number,
    behaviour: Behaviour,
    served: Served,
  ): Promise<void> {
    const cut = behaviour.cuts?.shift();
    const seen = new Promise<void>((go) => this.#waiting.push({ bytes: from + (cut ?? 0), go }));
    const hold = behaviour.holdAt === undefined ? behaviour.holdAfter : behaviour.holdAt - from;
    const stop = Math.min(body.length, cut ?? hold ?? body.length);
    if (stop > 0)
      await new Promise<void>((resolve) => response.write(body.subarray(0, stop), () => resolve()));
    served.sent = stop;
    if (cut !== undefined) {
      if (cut > 0) await seen;
      response.destroy();
      return;
    }
    if (hold !== undefined) await this.#released;
    // Whoever was killed meanwhile gets nothing more.
    if (response.destroyed) return;
    served.sent = body.length;
    response.end(body.subarray(stop));
  }
}
