/**
 * Adds metadata to an ONNX file without reading it as ONNX: the file is one protobuf message, `metadata_props`
 * (field 14) is a repeated field, and bytes appended to a message are merged into it.
 */
import { constants } from 'node:fs';
import { chmod, copyFile, open } from 'node:fs/promises';
import { writeAll } from './sink.js';
import { metadataFields } from './write.js';

/**
 * Copies `source` to a new file `target` (by the file system, where it can without copying the bytes) and appends
 * the metadata. Rejects with the signal's reason when it is aborted before the copy or before the append.
 */
export async function appendMetadata(
  source: string,
  target: string,
  metadata: Readonly<Record<string, string | number>>,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  signal?.throwIfAborted();
  // A stored file may be read-only, and its copy is so too.
  await chmod(target, 0o644);
  const file = await open(target, 'a');
  try {
    await writeAll(file, metadataFields(Object.entries(metadata)));
  } finally {
    await file.close();
  }
}
