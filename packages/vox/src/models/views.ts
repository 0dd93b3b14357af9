/** Views: a folder a model, in which its blobs lie under the names that the engine wants. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { isSameFile, linkOrCopy, makeExecutable, sizeOf } from './blobs.js';
import type { Layout } from './layout.js';
import { parseReference } from './reference.js';
import type { Manifest } from './types.js';

/** Whether every file of the view is there and is the blob that the manifest names. */
export async function isViewWhole(layout: Layout, manifest: Manifest): Promise<boolean> {
  const directory = layout.view(parseReference(manifest.reference));
  for (const file of manifest.files) {
    if (!(await isSameFile(layout.blob(file.digest), join(directory, file.name)))) return false;
  }
  return true;
}

/**
 * Makes the view anew and swaps it in. The caller holds the store's lock. A process that has files of the old one open
 * keeps them. Throws `model_broken` where a blob is missing or has another size.
 */
export async function makeView(layout: Layout, manifest: Manifest): Promise<string> {
  const directory = layout.view(parseReference(manifest.reference));
  const fresh = join(layout.temporary, `view-${randomUUID()}`);
  try {
    // Of a model that runs elsewhere this is all there is.
    await mkdir(fresh, { recursive: true });
    for (const file of manifest.files) {
      const blob = layout.blob(file.digest);
      if ((await sizeOf(blob)) !== file.size)
        throw new VoxError(
          'model_broken',
          `${manifest.reference}: ${file.name} is missing from the store or was cut; run: vox pull ${manifest.reference}`,
        );
      await linkOrCopy(blob, join(fresh, file.name));
      if (file.executable) await makeExecutable(join(fresh, file.name));
    }
    await mkdir(dirname(directory), { recursive: true });
    await retire(layout, directory);
    await rename(fresh, directory);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return directory;
}

/** Takes a folder out of sight in one step, then removes it. */
export async function retire(layout: Layout, directory: string): Promise<void> {
  const old = join(layout.temporary, `old-${randomUUID()}`);
  await mkdir(layout.temporary, { recursive: true });
  try {
    await rename(directory, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}
