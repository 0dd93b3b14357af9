/** What engines say of a model whose files or family they can't take, alike for all of them. */
import type { ModelFiles } from './engine.js';
import { VoxError } from './errors.js';

/** Code `model_broken`; the message says how to get good files. @param what is wrong, and with which file */
export function broken({ reference }: ModelFiles, what: string, cause?: unknown): VoxError {
  return new VoxError(
    'model_broken',
    `${reference} cannot be loaded: ${what}. Pull it again: vox rm ${reference} && vox pull ${reference}`,
    cause === undefined ? {} : { cause },
  );
}

/**
 * What loads the family of some files, out of an engine's table.
 * @throws VoxError `engine_missing` where the table has no such family
 */
export function loaderOf<Load>(
  engine: string,
  families: Readonly<Record<string, Load>>,
  { family, reference }: ModelFiles,
): Load {
  const load = families[family];
  if (load !== undefined) return load;
  throw new VoxError(
    'engine_missing',
    `the ${engine} engine has no family '${family}'; it has ${Object.keys(families).join(', ')}. Where another Vox pulled it, pull it again: vox pull ${reference}`,
  );
}
