/**
 * Where an engine's module is: under `VOX_HOME/engines`, else a package installed beside Vox (or a workspace of this
 * checkout). Looking installs nothing.
 */
import { fileURLToPath } from 'node:url';
import { VoxError } from '@vox-speech/contract';
import { Layout } from '../layout.js';
import type { EnginePin } from '../types.js';
import { engineName, releasedPins } from './pin.js';
import { type EngineRecord, moduleOf, readRecord } from './record.js';

/**
 * The installed engine of a name, unless it is what another version of Vox had pinned: one with another hash, or, where
 * this Vox pins none (a checkout), any that a package beside it stands for.
 */
export async function currentRecord(
  layout: Layout,
  name: string,
  pin: EnginePin | undefined = releasedPins().get(name),
): Promise<EngineRecord | undefined> {
  const record = await readRecord(layout, name);
  if (record === undefined || record.origin === 'added') return record;
  if (pin === undefined) return packagedEngine(name) === undefined ? record : undefined;
  return record.integrity === pin.integrity ? record : undefined;
}

/** Module URL of the package `@vox-speech/engine-<name>` beside Vox, if there is one. */
export function packagedEngine(name: string): string | undefined {
  try {
    return import.meta.resolve(`@vox-speech/engine-${engineName(name)}`);
  } catch {
    return undefined;
  }
}

/** For lists: the path of a module. */
export function pathOf(module: string): string {
  return fileURLToPath(module);
}

/**
 * Module URL of an engine for a pulled model. Throws `engine_missing` with the command that installs it: a request to
 * listen or to speak installs nothing by itself.
 */
export async function engineModule(home: string, name: string, model: string): Promise<string> {
  const layout = new Layout(home);
  const record = await currentRecord(layout, engineName(name));
  const module = record === undefined ? packagedEngine(name) : moduleOf(layout, record);
  if (module === undefined) throw missingEngine(name, model);
  return module;
}

/** The error of a model whose engine is nowhere on this machine. */
export function missingEngine(name: string, model: string): VoxError {
  return new VoxError(
    'engine_missing',
    `the engine '${name}' of ${model} is not installed; run: vox pull ${model} (an engine of your own: vox engines add PACKAGE)`,
  );
}
