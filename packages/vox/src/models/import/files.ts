/** Delivered files by the names that the catalog gives them. */
import { VoxError } from '@vox-speech/contract';

/** Path of a file that an importer can't do without. Throws VoxError `model_broken` when the catalog entry lacks it. */
export function requireFile(files: Readonly<Record<string, string>>, name: string): string {
  const path = files[name];
  if (path === undefined)
    throw new VoxError('model_broken', `${name} did not come with the model; its catalog entry must list it`);
  return path;
}
