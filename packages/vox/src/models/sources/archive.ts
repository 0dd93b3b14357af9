/** Reading chosen files out of a wheel (zip) or a tarball without unpacking the rest. */
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Parser, type ReadEntry } from 'tar';
import { type Entry, open as openZip, type ZipFile } from 'yauzl';
import { unreachable } from './context.js';

/** Entries of an archive that are looked at before it is taken for a bomb. */
const MAX_ENTRIES = 20_000;

/** File type bits of a Unix mode, and the one of a symbolic link. */
const TYPE_MASK = 0o170000;
const SYMBOLIC_LINK = 0o120000;

export interface Archive {
  /** Plain files, in the archive's order. Links and folders are not listed. */
  readonly names: readonly string[];
  /** Content of one file. */
  read(name: string): Promise<Readable>;
  close(): void;
}

/** Opens a wheel. Throws `source_failed` where it is not a sound zip (a name that climbs out of it included). */
export async function openWheel(path: string): Promise<Archive> {
  const file = await new Promise<ZipFile>((resolve, reject) => {
    openZip(path, { lazyEntries: true, autoClose: false }, (error, opened) =>
      error === null ? resolve(opened) : reject(unsound(path, error)),
    );
  });
  const entries = new Map<string, Entry>();
  try {
    await new Promise<void>((resolve, reject) => {
      file.on('error', (error: Error) => reject(unsound(path, error)));
      file.on('end', () => resolve());
      file.on('entry', (entry: Entry) => {
        const link = ((entry.externalFileAttributes >>> 16) & TYPE_MASK) === SYMBOLIC_LINK;
        if (!entry.fileName.endsWith('/') && !link) entries.set(entry.fileName, entry);
        if (entries.size > MAX_ENTRIES) reject(unsound(path, new Error('too many entries')));
        else file.readEntry();
      });
      file.readEntry();
    });
  } catch (error) {
    file.close();
    throw error;
  }
  return {
    names: [...entries.keys()],
    read(name) {
      return new Promise((resolve, reject) => {
        const entry = entries.get(name);
        if (entry === undefined) return reject(missing(path, name));
        file.openReadStream(entry, (error, stream) =>
          error === null ? resolve(stream) : reject(unsound(path, error)),
        );
      });
    },
    close: () => file.close(),
  };
}

/**
 * Opens a tarball, plain or gzip; `decode` undoes any other compression. It can be read only once from end to end, so the
 * files that are `wanted` are spooled, under numbers, into a folder. Throws `source_failed` where it is not a sound tarball.
 */
export async function openTarball(
  path: string,
  wanted: (name: string) => boolean,
  spool: string,
  decode?: (input: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
): Promise<Archive> {
  await mkdir(spool, { recursive: true });
  const spooled = new Map<string, string>();
  const outputs: WriteStream[] = [];
  const input = createReadStream(path, { highWaterMark: 1 << 20 });
  try {
    await new Promise<void>((resolve, reject) => {
      const parser = new Parser({
        strict: true,
        onReadEntry(entry: ReadEntry) {
          const plain = entry.type === 'File' || entry.type === 'OldFile' || entry.type === 'ContiguousFile';
          if (!plain || !wanted(entry.path) || spooled.size > MAX_ENTRIES) {
            entry.resume();
            return;
          }
          const target = join(spool, String(spooled.size));
          spooled.set(entry.path, target);
          const output = createWriteStream(target);
          outputs.push(output);
          output.on('error', reject);
          entry.pipe(output);
        },
      });
      parser.on('error', reject);
      parser.on('end', () => resolve());
      const tar = decode === undefined ? input : Readable.from(decode(input), { objectMode: false });
      input.on('error', reject);
      tar.on('error', reject).pipe(parser as unknown as NodeJS.WritableStream);
    });
    await Promise.all(outputs.map((output) => finished(output)));
  } catch (error) {
    input.destroy();
    for (const output of outputs) output.destroy();
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    throw unsound(path, error);
  }
  return {
    names: [...spooled.keys()],
    async read(name) {
      const file = spooled.get(name);
      if (file === undefined) throw missing(path, name);
      return createReadStream(file, { highWaterMark: 1 << 20 });
    },
    close: () => undefined,
  };
}

/** A single file as if it were an archive of one. */
export function openFile(path: string, name: string): Archive {
  return {
    names: [name],
    async read(wanted) {
      if (wanted !== name) throw missing(path, wanted);
      return createReadStream(path, { highWaterMark: 1 << 20 });
    },
    close: () => undefined,
  };
}

function unsound(path: string, error: unknown): Error {
  return unreachable(
    `${path} is not a sound archive: ${error instanceof Error ? error.message : String(error)}`,
    error,
  );
}

function missing(path: string, name: string): Error {
  return unreachable(`${path} has no file ${name}`);
}
