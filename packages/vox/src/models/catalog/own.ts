/** A user's own entries: every `*.json` of `VOX_HOME/catalog`, and what `VOX_CATALOG_URL` answers. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { REMOTE_ENGINE, remoteFault } from '../remote.js';
import type { CatalogEntry } from '../types.js';
import { entrySchema, fileSchema, filesOf, type WrittenEntry } from './entry-schema.js';
import { BUILT_IN, Catalog, type OwnCatalog } from './index.js';
import { FAMILY_NAMES } from './names.js';
import { fetchCatalog } from './remote.js';

/** Bytes of one catalog file, from the disk or from the network. */
export const MAX_CATALOG_BYTES = 4 << 20;

export interface OwnCatalogOptions {
  /** `VOX_HOME`. */
  readonly home: string;
  /** `VOX_CATALOG_URL`. */
  readonly url?: string;
  readonly signal: AbortSignal;
}

/** The catalog of this machine: Vox's own entries and the user's. Throws nothing; see `readOwnCatalog`. */
export async function openCatalog(options: OwnCatalogOptions): Promise<Catalog> {
  return new Catalog(BUILT_IN, FAMILY_NAMES, await readOwnCatalog(options));
}

/**
 * Reads and checks everything. Throws nothing: an entry that cannot be used is left out and named in `problems`, with its
 * file and field, so that one mistake takes no other model away. Files come before the address, in the order of their names.
 */
export async function readOwnCatalog(options: OwnCatalogOptions): Promise<OwnCatalog> {
  const collected = new Collection();
  const folder = join(options.home, 'catalog');
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.endsWith('.json')).sort()) {
    const path = join(folder, name);
    await readOne(path).then(
      (body) => collected.add(path, body, false),
      (error: unknown) => collected.fault(path, error instanceof Error ? error.message : String(error)),
    );
  }
  if (options.url !== undefined) {
    const fetched = await fetchCatalog({ ...options, url: options.url, maxBytes: MAX_CATALOG_BYTES });
    if (fetched.problem !== undefined) collected.fault(options.url, fetched.problem);
    if (fetched.body !== undefined) collected.add(options.url, fetched.body, true);
  }
  return collected.result();
}

async function readOne(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > MAX_CATALOG_BYTES) throw new Error(`is larger than ${MAX_CATALOG_BYTES >> 20} MiB`);
  return readFile(path, 'utf8');
}

class Collection {
  readonly #entries: CatalogEntry[] = [];
  readonly #problems: string[] = [];
  /** Every name taken so far, and by whom. */
  readonly #taken = new Map<string, string>();

  result(): OwnCatalog {
    return { entries: this.#entries, problems: this.#problems };
  }

  fault(from: string, what: string): void {
    this.#problems.push(`${from}: ${what}`);
  }

  /** `remote`: it came over the network, so it may name neither files of this machine nor programs. */
  add(from: string, body: string, remote: boolean): void {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch (error) {
      this.fault(from, `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    const file = fileSchema.safeParse(value);
    if (!file.success) {
      this.fault(from, firstIssue(file.error.issues));
      return;
    }
    for (const [index, written] of file.data.entries.entries()) {
      const at = `entries[${index}]`;
      const entry = entrySchema.safeParse(written);
      if (!entry.success) {
        this.fault(from, firstIssue(entry.error.issues, at));
        continue;
      }
      const conflict = this.#conflict(entry.data, remote);
      if (conflict === undefined) this.#take(entry.data, from);
      else this.fault(from, `${at}.${conflict}`);
    }
  }

  #take({ override: _, ...written }: WrittenEntry, from: string): void {
    for (const name of [written.reference, ...written.aliases]) this.#taken.set(name, from);
    this.#entries.push({ ...written, from });
  }

  /** What an entry that is well-formed still may not do, with the field. */
  #conflict(written: WrittenEntry, remote: boolean): string | undefined {
    for (const [name, field] of namesOf(written)) {
      const other = this.#taken.get(name);
      if (other !== undefined) return `${field}: ${name} is an entry of ${other} already`;
      if (!written.override && isBuiltIn(name))
        return `${field}: ${name} is a name of Vox's own catalog; choose another, or add "override": true to replace it`;
    }
    if ((written.kind === 'stt' || written.kind === 'tts') && written.engine === undefined)
      return 'engine: a recogniser or a voice must name the engine that runs it, e.g. "sherpa"';
    const fault = remoteFault(written);
    if (fault !== undefined) return fault;
    if (written.sources.length === 0 && written.engine !== REMOTE_ENGINE)
      return 'sources: only a model that runs elsewhere (engine "remote") has none';
    if (!remote) return undefined;
    if (written.sources.some((source) => source.type === 'file'))
      return 'sources: an entry from an address may not name files of this machine';
    if (written.kind === 'program' || filesOf(written).some((file) => file.executable))
      return 'kind: an entry from an address may not bring programs';
    return undefined;
  }
}

function namesOf(written: WrittenEntry): (readonly [string, string])[] {
  return [
    [written.reference, 'reference'],
    ...written.aliases.map((alias, index) => [alias, `aliases[${index}]`] as const),
  ];
}

const BUILT_IN_NAMES = new Set(BUILT_IN.flatMap((entry) => [entry.reference, ...entry.aliases]));
const OLD_NAMES = new Map(FAMILY_NAMES.flatMap(({ name, aliases }) => aliases.map((alias) => [alias, name])));

/** Whether a name means an entry of ours, older spellings included. */
function isBuiltIn(reference: string): boolean {
  const [name = '', tag = ''] = reference.split(':');
  return BUILT_IN_NAMES.has(`${OLD_NAMES.get(name) ?? name}:${tag}`);
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** `entries[0].sources[0].files[1].sha256: must be ...`; `at` is what the issue's path starts from. */
function firstIssue([issue]: readonly Issue[], at = ''): string {
  const path = (issue?.path ?? []).reduce<string>(
    (before, part) =>
      typeof part === 'number' ? `${before}[${part}]` : `${before}${before === '' ? '' : '.'}${String(part)}`,
    at,
  );
  return `${path}${path === '' ? '' : ': '}${issue?.message ?? 'is not a catalog'}`;
}
