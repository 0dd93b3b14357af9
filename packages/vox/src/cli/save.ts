/** Results on the disk, whole or not at all. */
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from './command.js';

/** Bytes in which the header of a WAV is looked for. */
const HEADER_BYTES = 4096;

/**
 * Writes audio as it comes, and gives its size in bytes. `-` is standard output. A regular file appears only when
 * whole: a failure leaves what was there before. The sizes in a WAV header, unknown while it streams, are put right.
 */
export async function saveAudio(
  path: string,
  audio: AsyncIterable<Uint8Array>,
  format: string,
): Promise<number> {
  return saveBytes(path, audio, format === 'wav' ? fixWavSizes : undefined);
}

/** The same for any bytes; `finish` gets the file and its size before it appears. */
export async function saveBytes(
  path: string,
  source: AsyncIterable<Uint8Array>,
  finish?: (file: FileHandle, size: number) => Promise<void>,
): Promise<number> {
  if (path === '-') return toStandardOutput(source);
  return whole(path, async (file) => {
    let size = 0;
    for await (const bytes of source) {
      await file.writeFile(bytes);
      size += bytes.byteLength;
    }
    await finish?.(file, size);
    return size;
  });
}

/** Writes a text, whole or not at all. */
export async function saveText(path: string, text: string): Promise<void> {
  await whole(path, (file) => file.writeFile(text));
}

async function whole<T>(path: string, write: (file: FileHandle) => Promise<T>): Promise<T> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory() === true) throw new UsageError(`--output ${path} is a folder`);
  // A device or a pipe can't be replaced by a rename.
  const direct = there !== undefined && !there.isFile();
  const target = direct ? path : `${path}.${process.pid}.part`;
  const file = await open(target, direct ? 'w' : 'w+').catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `there is no folder ${dirname(path)}` : message;
    throw new UsageError(`--output ${path} can't be written: ${why}`, { cause: error });
  });
  try {
    const result = await write(file);
    await file.close();
    if (!direct) await rename(target, path);
    return result;
  } catch (error) {
    await file.close().catch(() => undefined);
    if (!direct) await rm(target, { force: true });
    throw error;
  }
}

async function toStandardOutput(audio: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const bytes of audio) {
    size += bytes.byteLength;
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }
  return size;
}

/** RIFF and `data` sizes of a WAV of `size` bytes; leaves alone what is no RIFF, and a device that can't be read back. */
async function fixWavSizes(file: FileHandle, size: number): Promise<void> {
  const header = Buffer.alloc(Math.min(HEADER_BYTES, size));
  const read = await file.read(header, 0, header.length, 0).catch(() => undefined);
  if (read?.bytesRead !== header.length || header.toString('latin1', 0, 4) !== 'RIFF') return;
  const data = dataChunk(header);
  if (data === undefined) return;
  await file.write(uint32(size - 8), 0, 4, 4);
  await file.write(uint32(size - data - 8), 0, 4, data + 4);
}

/** Offset of the `data` chunk. */
function dataChunk(header: Buffer): number | undefined {
  let offset = 12;
  while (offset + 8 <= header.length) {
    if (header.toString('latin1', offset, offset + 4) === 'data') return offset;
    const length = header.readUInt32LE(offset + 4);
    offset += 8 + length + (length % 2);
  }
  return undefined;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  // Above 4 GiB the field can't say it; the largest value means "to the end" to most readers.
  bytes.writeUInt32LE(Math.min(value, 0xffffffff));
  return bytes;
}
