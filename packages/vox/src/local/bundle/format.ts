/**
 * A bundle: pulled models as one file, for machines without a network. It is a tar archive, so that anybody can look
 * into it, with a fixed order, so that it is written and read in one pass and constant memory:
 *
 *     vox-bundle.json        the index: manifests, those of companions first
 *     blobs/sha256-<hex>     every blob once, in the order in which the manifests name them
 *     vox-bundle.sha256      SHA-256 of the index
 *     two empty blocks       as tar ends
 *
 * Nothing in a bundle says where a file goes: names are only compared with those that the index makes us expect.
 */
import { VoxError } from '@vox-speech/contract';
import { Header } from 'tar';
import { checkManifest, IMPORT_REVISION } from '../../models/manifest.js';
import type { Manifest, ManifestFile } from '../../models/types.js';

export const INDEX_NAME = 'vox-bundle.json';
export const SEAL_NAME = 'vox-bundle.sha256';
/** Bytes of a tar block. */
export const BLOCK = 512;
/** Bytes of an index that is still read: a manifest of a data folder has 60 KB. */
export const MAX_INDEX_BYTES = 64 << 20;
const MAX_MODELS = 10_000;
const VERSION = 1;

export interface BundleIndex {
  readonly format: 'vox-bundle';
  readonly version: number;
  /** Revision of the importers that made the files; another Vox may want others. */
  readonly importRevision: number;
  /** `<process.platform>-<process.arch>` on which it was made. */
  readonly machine: string;
  /** References of programs and libraries that run on such a machine alone. */
  readonly bound: readonly string[];
  /** Those that others need come before them. */
  readonly models: readonly Manifest[];
}

/** The machine as bundles name it. */
export function thisMachine(): string {
  return `${process.platform}-${process.arch}`;
}

/** An index of this version and machine; `bound` are those of the models that run on this kind of machine alone. */
export function indexOf(models: readonly Manifest[], bound: readonly string[] = []): BundleIndex {
  return {
    format: 'vox-bundle',
    version: VERSION,
    importRevision: IMPORT_REVISION,
    machine: thisMachine(),
    bound,
    models,
  };
}

/** Name of a blob's entry. */
export function blobName(digest: string): string {
  return `blobs/${digest}`;
}

/** A blob, and the first model that has it. */
export interface BundleBlob extends ManifestFile {
  readonly reference: string;
}

/** Every blob of the manifests once, in order. */
export function blobsOf(models: readonly Manifest[]): BundleBlob[] {
  const found = new Map<string, BundleBlob>();
  for (const { reference, files } of models)
    for (const file of files) if (!found.has(file.digest)) found.set(file.digest, { ...file, reference });
  return [...found.values()];
}

/** The header block of a plain file of `size` bytes. */
export function entryHeader(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  // The same models make the same bundle, byte for byte: no time, no user.
  new Header({ path: name, size, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), type: 'File' }).encode(
    block,
  );
  return block;
}

/** Zeros between the end of a file of `size` bytes and the next block. */
export function paddingAfter(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** An error in the bundle's bytes. */
export function damaged(what: string): VoxError {
  return new VoxError(
    'hash_mismatch',
    `the bundle is damaged: ${what}; nothing was imported. Copy it again, or make it anew: vox export`,
  );
}

/** What is no bundle, or one that this version doesn't read. */
function foreign(what: string): VoxError {
  return new VoxError('invalid_request', `${what}; make one with: vox export MODEL -o FILE`);
}

/** The error for a file that begins with anything but a bundle's first header. */
export function notABundle(): VoxError {
  return foreign('this is not a file that vox export made');
}

/**
 * The index, checked. Throws `invalid_request` where it is of another version of Vox, `hash_mismatch` where it is
 * damaged, `model_broken` with the manifest's field at fault.
 */
export function parseIndex(bytes: Buffer): BundleIndex {
  let value: Partial<BundleIndex> | null;
  try {
    value = JSON.parse(bytes.toString('utf8')) as Partial<BundleIndex> | null;
  } catch {
    throw damaged('its index is not JSON');
  }
  if (value?.format !== 'vox-bundle') throw notABundle();
  if (value.version !== VERSION)
    throw foreign(
      `the bundle is of format ${String(value.version)}, this Vox reads format ${VERSION}: both machines need the same version of Vox`,
    );
  if (value.importRevision !== IMPORT_REVISION)
    throw foreign(
      `the bundle's models were imported at revision ${String(value.importRevision)}, this Vox loads revision ${IMPORT_REVISION}: both machines need the same version of Vox`,
    );
  const { models, machine, bound } = value;
  if (
    !Array.isArray(models) ||
    models.length === 0 ||
    models.length > MAX_MODELS ||
    typeof machine !== 'string' ||
    !Array.isArray(bound)
  )
    throw damaged('its index names no models');
  const checked = models.map((model: unknown) =>
    checkManifest(model, String((model as { reference?: unknown } | null)?.reference)),
  );
  const before = new Set<string>();
  for (const { reference, needs } of checked) {
    for (const need of needs)
      if (!before.has(need)) throw damaged(`${reference} comes before ${need}, which it needs`);
    if (before.has(reference)) throw damaged(`${reference} is in it twice`);
    before.add(reference);
  }
  return {
    format: 'vox-bundle',
    version: VERSION,
    importRevision: IMPORT_REVISION,
    machine,
    bound: bound.map(String),
    models: checked,
  };
}
