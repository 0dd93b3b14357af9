/** Writing a delivered file from one or more streams, hashed on the way. */
import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { VoxError } from '@vox-speech/contract';
import type { SourceFile } from '../types.js';
import { type DeliveredFile, deliveryPath, mismatch, type SourceContext } from './context.js';

/**
 * Writes the streams one after the other to the file's place and compares with the catalog. Throws `hash_mismatch` (the
 * bytes are gone then), `disk_full`, `cancelled`. A file without a hash must come out of an archive that has one.
 */
export async function writeVerified(
  context: SourceContext,
  file: SourceFile,
  streams: readonly (() => Promise<Readable>)[],
): Promise<DeliveredFile> {
  const path = deliveryPath(context, file.as);
  await mkdir(dirname(path), { recursive: true });
  const hash = createHash('sha256');
  try {
    const target = await open(path, 'w');
    try {
      for (const start of streams)
        for await (const chunk of await start()) {
          if (context.signal.aborted) throw new VoxError('cancelled', 'the pull was cancelled');
          hash.update(chunk as Buffer);
          await target.writeFile(chunk as Buffer);
        }
    } finally {
      await target.close();
    }
    const digest = hash.digest('hex');
    if (file.sha256 !== undefined && file.sha256 !== digest) throw mismatch(file.as, file.sha256, digest);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  return { as: file.as, path, executable: file.executable ?? false };
}
