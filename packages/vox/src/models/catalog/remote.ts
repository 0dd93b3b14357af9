/** A catalog at an address: fetched under limits, kept under `VOX_HOME`, and used from there while the address is silent. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileDurably } from '../durable.js';

/** The address has so long to answer whole (ms): a server that starts waits for it. */
const TIME_LIMIT_MS = 5_000;
/** A copy younger than this (ms) is used without asking: commands that load a server of their own start at once. */
const FRESH_MS = 10 * 60_000;

export interface FetchOptions {
  /** `VOX_HOME`. */
  readonly home: string;
  readonly url: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly timeLimitMs?: number;
}

export interface FetchedCatalog {
  /** Absent where neither the address nor the copy has one. */
  readonly body?: string;
  /** What went wrong, and what is used instead. */
  readonly problem?: string;
}

/** Fetches the catalog, or takes the copy of the last time. Throws nothing. */
export async function fetchCatalog(options: FetchOptions): Promise<FetchedCatalog> {
  const path = copyOf(options.home, options.url);
  const kept = await stat(path).catch(() => undefined);
  if (kept !== undefined && Date.now() - kept.mtimeMs < FRESH_MS)
    return { body: await readFile(path, 'utf8') };
  try {
    const body = await get(options);
    JSON.parse(body);
    await writeFileDurably(path, body);
    return { body };
  } catch (error) {
    const why = reason(error, options);
    if (kept === undefined) return { problem: `could not be fetched (${why}); its entries are missing` };
    const when = kept.mtime.toISOString();
    return {
      body: await readFile(path, 'utf8'),
      problem: `could not be fetched (${why}); the copy of ${when} is used`,
    };
  }
}

/** Where the copy of an address lies; one file an address. */
function copyOf(home: string, url: string): string {
  const name = createHash('sha256').update(url).digest('hex').slice(0, 16);
  return join(home, 'cache', 'catalog', `${name}.json`);
}

async function get({ url, maxBytes, signal, timeLimitMs = TIME_LIMIT_MS }: FetchOptions): Promise<string> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeLimitMs)]);
  const response = await fetch(url, { headers: { accept: 'application/json' }, signal: limit });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`it answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reason(error: unknown, { timeLimitMs = TIME_LIMIT_MS }: FetchOptions): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no whole answer in ${timeLimitMs / 1000} s`;
  if (error instanceof SyntaxError) return 'it is not JSON';
  return error.cause instanceof Error ? error.cause.message : error.message;
}
