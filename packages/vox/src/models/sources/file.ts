/** Files that lie on this machine: a folder carried in by hand, a mounted disk. */
import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sizeOf } from '../blobs.js';
import type { Source } from '../types.js';
import {
  type DeliveredFile,
  type Delivery,
  pinnedHash,
  requireSpace,
  type SourceContext,
  unreachable,
} from './context.js';
import { spaceFor } from './https.js';
import { writeVerified } from './write.js';

/** Copies and verifies every file. Throws `source_failed` where one is missing, `hash_mismatch`, `disk_full`. */
export async function fetchFiles(
  context: SourceContext,
  source: Extract<Source, { type: 'file' }>,
): Promise<Delivery> {
  await requireSpace(context, spaceFor(source.files));
  const files: DeliveredFile[] = [];
  for (const [index, file] of source.files.entries()) {
    const paths = file.paths.map((path) => (path.startsWith('file:') ? fileURLToPath(path) : path));
    pinnedHash(file);
    for (const path of paths)
      if ((await sizeOf(path)) === undefined) throw unreachable(`there is no file ${path}`);
    context.emit({ status: `copying ${file.as}`, completed: index, total: source.files.length });
    const open = paths.map((path) => async () => createReadStream(path, { highWaterMark: 1 << 20 }));
    files.push(await writeVerified(context, file, open));
  }
  return { files, downloads: [], origin: `file ${source.files.map((file) => file.as).join(', ')}` };
}
