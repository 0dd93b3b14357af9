/** Cheap checks of a model's files before sherpa sees them: on a bad one it ends the process instead of throwing. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { broken, type ModelFiles, VoxError } from '@vox-speech/contract';
import { type OnnxFile, readOnnxFile } from './onnx-file.js';

export { broken };

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

/** The first of several names under which a file is published that is there; the first name where none is. */
export function firstOf(files: ModelFiles, names: readonly [string, ...string[]]): string {
  return names.find((name) => existsSync(join(files.directory, name))) ?? names[0];
}

/** A model file that was checked. */
export interface ModelFile {
  readonly path: string;
  readonly onnx: OnnxFile;
}

/** What the library will take for granted of a model file, and ends the process without. */
export interface Demands {
  /** Metadata entries. */
  readonly keys?: readonly string[];
  /** At least so many inputs. */
  readonly inputs?: number;
  /** At least so many outputs. */
  readonly outputs?: number;
}

/**
 * A model file under the first of its names that is there; it is whole and has what is demanded.
 * @throws VoxError `model_broken`
 */
export function demandModel(
  files: ModelFiles,
  names: readonly [string, ...string[]],
  { keys, inputs = 1, outputs = 1 }: Demands = {},
): ModelFile {
  const name = firstOf(files, names);
  const model = requireModel(files, name, keys);
  if (model.onnx.inputs.length < inputs)
    throw broken(files, `${name} has ${model.onnx.inputs.length} inputs where ${inputs} are needed`);
  if (model.onnx.outputs.length < outputs)
    throw broken(files, `${name} has ${model.onnx.outputs.length} outputs where ${outputs} are needed`);
  return model;
}

/**
 * A whole number that a model's metadata states under `key`.
 * @throws VoxError `model_broken` when it is no number above 0
 */
export function metadataNumber(files: ModelFiles, { onnx }: ModelFile, key: string): number {
  const value = Number(onnx.metadata.get(key));
  if (!Number.isInteger(value) || value <= 0)
    throw broken(
      files,
      `its metadata entry ${key} is '${onnx.metadata.get(key) ?? ''}', not a number above 0`,
    );
  return value;
}

/**
 * Path and description of a model file that is whole and carries the metadata that sherpa insists on.
 * @throws VoxError `model_broken`
 */
export function requireModel(files: ModelFiles, name: string, keys: readonly string[] = []): ModelFile {
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
  return readTokens(files, name).path;
}

/**
 * Path and content of a token table: number by token.
 * @throws VoxError `model_broken`
 */
export function readTokens(
  files: ModelFiles,
  name: string,
): { path: string; tokens: ReadonlyMap<string, number> } {
  const path = requireFile(files, name);
  const lines = readFileSync(path, 'utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  const tokens = new Map<string, number>();
  for (const [at, line] of lines.entries()) {
    const [, token, id] = /^(.*)\s(\d+)\r?$/.exec(line) ?? [];
    if (token === undefined || id === undefined)
      throw broken(files, `${name} is not a table of tokens (line ${at + 1})`);
    tokens.set(token, Number(id));
  }
  return { path, tokens };
}

/**
 * Path and content of a JSON file that holds one object.
 * @throws VoxError `model_broken`
 */
export function requireJson(
  files: ModelFiles,
  name: string,
): { path: string; json: Record<string, unknown> } {
  const path = requireFile(files, name);
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof json === 'object' && json !== null && !Array.isArray(json))
      return { path, json: json as Record<string, unknown> };
  } catch (error) {
    throw broken(files, `${name} is not JSON`, error);
  }
  throw broken(files, `${name} holds no JSON object`);
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
