/** Files at plain addresses, each pinned by its hash. */
import { VoxError } from '@vox-speech/contract';
import { linkOrCopy } from '../blobs.js';
import type { Source, SourceFile } from '../types.js';
import {
  type DeliveredFile,
  type Delivery,
  deliveryPath,
  pinnedHash,
  requireSpace,
  type SourceContext,
} from './context.js';
import { download } from './download.js';

/** Fetches every file. Throws as `download` does. */
export async function fetchHttps(
  context: SourceContext,
  source: Extract<Source, { type: 'https' }>,
): Promise<Delivery> {
  await requireSpace(context, spaceFor(source.files));
  const files: DeliveredFile[] = [];
  const downloads: string[] = [];
  for (const [index, file] of source.files.entries()) {
    const path = await download(context, {
      url: onlyPath(file),
      name: file.as,
      index,
      total: source.files.length,
      ...(file.size === undefined ? {} : { size: file.size }),
      check: { algorithm: 'sha256', digest: pinnedHash(file) },
    });
    downloads.push(path);
    files.push(await deliver(context, file, path));
  }
  const hosts = new Set(source.files.map((file) => new URL(onlyPath(file)).host));
  return { files, downloads, origin: `https ${[...hosts].join(', ')}` };
}

/** Gives a verified download its name in the pull's folder. */
export async function deliver(
  context: SourceContext,
  file: SourceFile,
  path: string,
): Promise<DeliveredFile> {
  const target = deliveryPath(context, file.as);
  await linkOrCopy(path, target);
  return { as: file.as, path: target, executable: file.executable ?? false };
}

/** Bytes that a pull of these files needs at most, as far as sizes are known: the download, and what an import makes of it. */
export function spaceFor(files: readonly SourceFile[]): number {
  return 2 * files.reduce((sum, file) => sum + (file.size ?? 0), 0);
}

/** The one address of a file. Throws `internal` where the catalog joins several, which only archives and folders do. */
export function onlyPath(file: SourceFile): string {
  const [path, ...rest] = file.paths;
  if (path === undefined || rest.length > 0)
    throw new VoxError('internal', `catalog: ${file.as} must have one path`);
  return path;
}
