/** Bytes collected until their number is known: in memory while small, in a temporary file from then on. */
import type { FileHandle } from 'node:fs/promises';
import { VoxError } from '@vox-speech/contract';
import { openTemporary, removeTemporary } from './temporary.js';

export interface SpoolOptions {
  readonly directory: string;
  /** Kept in memory up to here. Default 1 MiB. */
  readonly memoryBytes?: number;
  /** More is refused with `too_large`. Default 1 GiB, 6 hours of 24 kHz samples. */
  readonly maxBytes?: number;
}

export interface Spooled {
  readonly bytes: number;
  /** Reads once, and removes the temporary file at the end, however the reader leaves. */
  read(): AsyncGenerator<Uint8Array, void>;
  dispose(): Promise<void>;
}

const READ_BYTES = 64 * 1024;

/**
 * Reads the source to its end.
 * @throws what the source throws, VoxError `too_large`, `disk_full`; the temporary file is gone then
 */
export async function spool(source: AsyncIterable<Uint8Array>, options: SpoolOptions): Promise<Spooled> {
  const { memoryBytes = 1024 * 1024, maxBytes = 1024 ** 3, directory } = options;
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  let handle: FileHandle | undefined;
  let path = '';
  const dispose = async () => {
    const opened = handle;
    handle = undefined;
    chunks = [];
    await opened?.close().catch(() => {});
    if (opened !== undefined) await removeTemporary(path);
  };
  try {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > maxBytes)
        throw new VoxError(
          'too_large',
          `the audio is larger than ${maxBytes} bytes; ask for a stream instead`,
        );
      chunks.push(chunk);
      if (bytes <= memoryBytes) continue;
      if (handle === undefined) ({ path, handle } = await openTemporary(directory, 'speech', 'wx+'));
      await handle.appendFile(Buffer.concat(chunks));
      chunks = [];
    }
  } catch (error) {
    await dispose();
    throw VoxError.from(error);
  }
  async function* read(): AsyncGenerator<Uint8Array, void> {
    try {
      if (handle === undefined) yield* chunks;
      for (let at = 0; handle !== undefined && at < bytes; ) {
        const buffer = Buffer.allocUnsafe(READ_BYTES);
        const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, at);
        if (bytesRead === 0) throw new VoxError('internal', 'the temporary file is shorter than it was');
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await dispose();
    }
  }
  return { bytes, read, dispose };
}
