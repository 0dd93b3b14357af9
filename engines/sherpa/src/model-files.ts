/** Cheap checks of a model's files before sherpa sees them: on a bad one it ends the process instead of throwing. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ModelFiles, VoxError } from '@vox-speech/contract';
import { type OnnxFile, readOnnxFile } from './onnx-file.js';

/** The error for files that can't be loaded; it says how to get good ones. */
export function broken(files: ModelFiles, what: string, cause?: unknown): VoxError {
  const { reference } = files;
  return new VoxError(
    'model_broken',
    `${reference} cannot be loaded: ${what}. Pull it again: vox rm ${reference} && vox pull ${reference}`,
    cause === undefined ? {} : { cause },
  );
}

/**
 * Path of a file that must be there and not be empty.
 * @throws VoxError `model_broken`
 */
export function requireFile(files: ModelFiles, name: string): string {
  const path = join(files.directory, name);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) throw broken(files, `${name} is missing`);
  if (size === 0) throw broken(files, `${name} is empty`);
  return path;
}

/**
 * Path and description of a model file that is whole and carries the metadata that sherpa insists on.
 * @throws VoxError `model_broken`
 */
export function requireModel(
  files: ModelFiles,
  name: string,
  keys: readonly string[] = [],
): { path: string; onnx: OnnxFile } {
  const path = requireFile(files, name);
  let onnx: OnnxFile;
  try {
    onnx = readOnnxFile(path);
  } catch (error) {
    throw broken(files, `${name} ${(error as Error).message}`, error);
  }
  for (const key of keys)
    if (!onnx.metadata.has(key)) throw broken(files, `${name} carries no metadata entry ${key}`);
  return { path, onnx };
}

/**
 * Path of a token table: `token id` lines. Sherpa indexes by the ids without looking.
 * @throws VoxError `model_broken`
 */
export function requireTokens(files: ModelFiles, name: string): string {
  const path = requireFile(files, name);
  const lines = readFileSync(path, 'utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  const bad = lines.findIndex((line) => !/\s\d+\r?$/.test(line));
  if (bad >= 0) throw broken(files, `${name} is not a table of tokens (line ${bad + 1})`);
  return path;
}

/**
 * The folder of espeak-ng's phoneme data: the companion itself or the `espeak-ng-data` folder in it.
 * @throws VoxError `model_broken` when the companion is not there or not whole
 */
export function requirePhonemeData(files: ModelFiles): string {
  const companion = files.companions['espeak-ng-data'];
  const help = 'vox pull espeak-ng-data';
  if (companion === undefined)
    throw new VoxError('model_broken', `${files.reference} needs the phoneme data of espeak-ng: ${help}`);
  for (const folder of [join(companion, 'espeak-ng-data'), companion])
    if (['phontab', 'phonindex', 'phondata', 'intonations'].every((name) => existsSync(join(folder, name))))
      return folder;
  throw new VoxError(
    'model_broken',
    `the phoneme data of espeak-ng is not whole: vox rm espeak-ng-data && ${help}`,
  );
}
