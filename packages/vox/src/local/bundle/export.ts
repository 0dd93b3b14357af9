/** Pulled models as one stream of bytes. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { VoxError } from '@vox-speech/contract';
import {
  type Catalog,
  formatReference,
  parseReference,
  type Reference,
  type Store,
} from '../../models/index.js';
import type { Manifest, PullEvent } from '../../models/types.js';
import {
  BLOCK,
  blobName,
  blobsOf,
  entryHeader,
  INDEX_NAME,
  indexOf,
  paddingAfter,
  SEAL_NAME,
} from './format.js';

/** Bytes read from a blob at once. */
const CHUNK = 1 << 20;
/** The program that reads every format but WAV; it goes along where it was pulled. */
const FFMPEG = 'ffmpeg';

export interface ExportOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  /** Names as a person writes them; empty = every model that is here. */
  readonly models: readonly string[];
  /** Takes the pulled ffmpeg program along, if there is one. */
  readonly ffmpeg: boolean;
}

/**
 * What a bundle of these models holds: the models, what they need, and ffmpeg where it was pulled; needs come first.
 * Throws `model_not_pulled` with what is here, `model_broken` where a manifest is damaged, `invalid_request`.
 */
export async function chooseModels(options: ExportOptions): Promise<readonly Manifest[]> {
  const { store, catalog } = options;
  const chosen = new Map<string, Manifest>();
  const add = async (manifest: Manifest, companion: boolean): Promise<void> => {
    if (chosen.has(manifest.reference)) return;
    for (const need of manifest.needs) {
      const needed = await store.get(parseReference(need));
      if (needed === undefined) throw missing(manifest.reference, need);
      await add(needed, true);
    }
    chosen.set(manifest.reference, { ...manifest, companion });
  };
  const wanted = await asked(options);
  for (const manifest of wanted) await add(manifest, false);
  const ffmpeg = options.ffmpeg ? await store.get(catalog.resolve(FFMPEG)).catch(() => undefined) : undefined;
  if (ffmpeg !== undefined) await add(ffmpeg, false);
  // What was asked for by name is no companion, even where another model needs it too.
  const names = new Set(wanted.map(({ reference }) => reference));
  return [...chosen.values()].map((manifest) =>
    names.has(manifest.reference) ? { ...manifest, companion: false } : manifest,
  );
}

async function asked({ store, catalog, models }: ExportOptions): Promise<readonly Manifest[]> {
  const { models: all, broken } = await store.list();
  const here = all.filter(({ kind }) => kind === 'stt' || kind === 'tts');
  if (models.length === 0) {
    const [first] = broken;
    if (first !== undefined) throw new VoxError('model_broken', first.reason);
    if (all.length === 0)
      throw new VoxError('model_not_pulled', 'no model is here yet; pull one first: vox pull whisper:base');
    return all.filter(({ companion }) => !companion);
  }
  const found: Manifest[] = [];
  for (const text of models) {
    const manifest = await store.get(referenceOf(catalog, text));
    if (manifest === undefined)
      throw new VoxError(
        'model_not_pulled',
        here.length === 0
          ? `${text} is not on this machine; pull it first: vox pull ${text}`
          : `${text} is not on this machine; here are ${here.map(({ reference }) => reference).join(', ')}. To get it: vox pull ${text}`,
        { param: 'model' },
      );
    found.push(manifest);
  }
  return found;
}

/** A name of the catalog, else a reference as it stands: a pulled model need not be in this version's catalog. */
function referenceOf(catalog: Catalog, text: string): Reference {
  try {
    return catalog.resolve(text);
  } catch (error) {
    if (!text.includes(':')) throw error;
    return parseReference(text);
  }
}

/** References of the models that run on one kind of machine: programs, and what is published for each kind apart. */
export function boundOf(models: readonly Manifest[], catalog: Catalog): readonly string[] {
  const isBound = ({ reference, kind }: Manifest) => {
    const sources = catalog.find(reference)?.sources ?? [];
    const apart = sources.filter((source) => source.type === 'packages' && source.machine !== undefined);
    return kind === 'program' || (apart.length > 0 && apart.length === sources.length);
  };
  return models.filter(isBound).map(({ reference }) => reference);
}

/**
 * The bytes of a bundle. Every blob is hashed on its way; throws `model_broken` where one is missing or is not what its
 * manifest says, and the signal's reason when it aborts.
 */
export async function* bundleBytes(
  store: Store,
  models: readonly Manifest[],
  options: {
    readonly bound: readonly string[];
    readonly signal: AbortSignal;
    readonly emit: (event: PullEvent) => void;
  },
): AsyncGenerator<Uint8Array> {
  const { signal, emit } = options;
  const blobs = blobsOf(models);
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  const index = Buffer.from(JSON.stringify(indexOf(models, options.bound)));
  yield* entry(INDEX_NAME, index);
  let done = 0;
  for (const blob of blobs) {
    const { reference } = blob;
    const hash = createHash('sha256');
    let size = 0;
    yield entryHeader(blobName(blob.digest), blob.size);
    const path = store.layout.blob(blob.digest);
    try {
      for await (const chunk of createReadStream(path, { highWaterMark: CHUNK, signal })) {
        const bytes = chunk as Buffer;
        hash.update(bytes);
        size += bytes.byteLength;
        done += bytes.byteLength;
        emit({ status: 'exporting', bytes_completed: done, bytes_total: total });
        yield bytes;
      }
    } catch (error) {
      signal.throwIfAborted();
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw missing(reference, blob.name);
    }
    if (size !== blob.size || `sha256-${hash.digest('hex')}` !== blob.digest)
      throw new VoxError(
        'model_broken',
        `${reference}: ${blob.name} is damaged on the disk; run: vox pull ${reference}`,
      );
    yield Buffer.alloc(paddingAfter(size));
  }
  yield* entry(SEAL_NAME, Buffer.from(createHash('sha256').update(index).digest('hex')));
  yield Buffer.alloc(2 * BLOCK);
}

function* entry(name: string, bytes: Buffer): Generator<Uint8Array> {
  yield entryHeader(name, bytes.length);
  yield bytes;
  yield Buffer.alloc(paddingAfter(bytes.length));
}

function missing(reference: string, what: string): VoxError {
  return new VoxError(
    'model_broken',
    `${reference} needs ${what}, which is not in the store; run: vox pull ${reference}`,
  );
}

/** `whisper-base.en.tar` for one model, else `vox-models.tar`. */
export function bundleFileName(models: readonly string[], catalog: Catalog): string {
  const [only, second] = models;
  if (only === undefined || second !== undefined) return 'vox-models.tar';
  return `${formatReference(referenceOf(catalog, only)).replace(':', '-')}.tar`;
}
