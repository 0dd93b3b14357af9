/**
 * The model hub, spoken to over its own REST interface: `GET /REPO/resolve/COMMIT/PATH`, with Range. For files that the
 * catalog pins no hash of, the hub's listing of the pinned commit gives one: SHA-256 of large files, git's hash of small ones.
 */
import { rm } from 'node:fs/promises';
import { VoxError } from '@vox-speech/contract';
import { z } from 'zod';
import { hashFile } from '../blobs.js';
import type { Source, SourceFile, StatedHash } from '../types.js';
import {
  type DeliveredFile,
  type Delivery,
  mismatch,
  requireSpace,
  type SourceContext,
  unreachable,
} from './context.js';
import { type Check, download } from './download.js';
import { backOff, get, TransientFailure } from './http.js';
import { deliver, onlyPath, spaceFor } from './https.js';

type HubSource = Extract<Source, { type: 'hf' }>;

/** Bytes of a listing that are read at most. */
const MAX_LISTING = 4 << 20;

const listing = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.number().int().nonnegative(),
    oid: z.string(),
    lfs: z.object({ oid: z.string(), size: z.number().int().nonnegative() }).nullish(),
  }),
);

/** Fetches every file of the source. Throws as `download` does; offline, `source_failed`. */
export async function fetchHub(context: SourceContext, source: HubSource): Promise<Delivery> {
  const { settings } = context;
  if (settings.hfOffline) throw unreachable('HF_HUB_OFFLINE is set, the model hub is not asked');
  const endpoint = new URL(
    settings.hfEndpoint.endsWith('/') ? settings.hfEndpoint : `${settings.hfEndpoint}/`,
  );
  const checks = await checksOf(context, endpoint, source);
  const stated = source.files.map((file) => ({ ...file, size: file.size ?? checks.get(file.as)?.size ?? 0 }));
  await requireSpace(context, spaceFor(stated));
  const files: DeliveredFile[] = [];
  const downloads: string[] = [];
  const hashes: StatedHash[] = [];
  for (const [index, file] of source.files.entries()) {
    const found = checks.get(file.as);
    if (found === undefined)
      throw unreachable(`${source.repository} has no ${onlyPath(file)} at ${source.revision}`);
    const path = await download(context, {
      url: new URL(`${source.repository}/resolve/${source.revision}/${encodePath(onlyPath(file))}`, endpoint)
        .href,
      name: file.as,
      index,
      total: source.files.length,
      ...(found.size === undefined ? {} : { size: found.size }),
      check: found.check,
      ...credentialOf(context, endpoint),
    });
    downloads.push(path);
    await checkMd5(context, file, path);
    files.push(await deliver(context, file, path));
    if (file.sha256 === undefined) hashes.push(statedHash(file, found));
  }
  return { files, downloads, origin: `hf ${source.repository}@${source.revision}`, stated: hashes };
}

interface Expected {
  readonly check: Check;
  /** Bytes. */
  readonly size?: number;
}

function statedHash(file: SourceFile, { check, size = 0 }: Expected): StatedHash {
  return { file: file.as, digest: `${check.algorithm}-${check.digest}`, size, statedBy: 'hub' };
}

/** A second opinion beside the hub's own: the publisher's list of its files. Throws `hash_mismatch`; the bytes are gone then. */
async function checkMd5(context: SourceContext, file: SourceFile, path: string): Promise<void> {
  if (file.md5 === undefined) return;
  const actual = await hashFile(path, context.signal, 'md5');
  if (actual === file.md5) return;
  await rm(path, { force: true });
  throw mismatch(file.as, file.md5, actual);
}

/** What each file must hash to: the catalog's pin, else what the hub states for the commit. */
async function checksOf(
  context: SourceContext,
  endpoint: URL,
  source: HubSource,
): Promise<Map<string, Expected>> {
  const checks = new Map<string, Expected>();
  const unpinned: SourceFile[] = [];
  for (const file of source.files) {
    if (file.sha256 === undefined) unpinned.push(file);
    else
      checks.set(file.as, {
        check: { algorithm: 'sha256', digest: file.sha256 },
        ...(file.size === undefined ? {} : { size: file.size }),
      });
  }
  for (const folder of new Set(unpinned.map((file) => folderOf(onlyPath(file))))) {
    const entries = await list(context, endpoint, source, folder);
    for (const file of unpinned) {
      const entry = entries.find(
        (candidate) => candidate.type === 'file' && candidate.path === onlyPath(file),
      );
      if (entry === undefined) continue;
      if (file.size !== undefined && file.size !== entry.size)
        throw new VoxError(
          'hash_mismatch',
          `${file.as} has ${entry.size} bytes at the hub, the catalog says ${file.size}`,
        );
      const check: Check = entry.lfs
        ? { algorithm: 'sha256', digest: entry.lfs.oid.replace(/^sha256:/, '') }
        : { algorithm: 'git', digest: entry.oid, size: entry.size };
      if (/^[0-9a-f]{40,64}$/.test(check.digest)) checks.set(file.as, { check, size: entry.size });
    }
  }
  if (unpinned.length > 0) {
    const names = unpinned.map((file) => file.as).join(', ');
    context.emit({
      status: `${names}: verified against the hub's own hashes of commit ${source.revision.slice(0, 8)}`,
    });
  }
  return checks;
}

/** The hub's listing of one folder at the pinned commit. */
async function list(
  context: SourceContext,
  endpoint: URL,
  source: HubSource,
  folder: string,
): Promise<z.infer<typeof listing>> {
  const { settings, signal } = context;
  const path = `api/models/${source.repository}/tree/${source.revision}${folder === '' ? '' : `/${encodePath(folder)}`}`;
  for (let failures = 1; ; failures++) {
    try {
      const answer = await get({
        url: new URL(path, endpoint).href,
        headers: { accept: 'application/json' },
        ...credentialOf(context, endpoint),
        signal,
        stallMs: settings.stallMs,
      });
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of answer.body) {
        chunks.push(chunk);
        size += chunk.length;
        if (size > MAX_LISTING) throw unreachable(`the listing of ${source.repository} is too long`);
      }
      return parseListing(Buffer.concat(chunks).toString('utf8'), endpoint);
    } catch (error) {
      if (!(error instanceof TransientFailure)) throw error;
      if (failures >= settings.attempts) throw unreachable(`${endpoint.host}: ${error.message}`, error);
      await backOff(failures, settings.retryMs, error, signal);
    }
  }
}

function parseListing(body: string, endpoint: URL): z.infer<typeof listing> {
  try {
    return listing.parse(JSON.parse(body));
  } catch (error) {
    throw unreachable(`${endpoint.host} does not answer like a model hub`, error);
  }
}

function credentialOf(
  context: SourceContext,
  endpoint: URL,
): { credential?: { origin: string; token: string } } {
  const token = context.settings.hfToken;
  return token === undefined || token === '' ? {} : { credential: { origin: endpoint.origin, token } };
}

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
