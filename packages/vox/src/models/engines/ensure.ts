/** A pull's own step: the engine of a model is there and can run here, or is installed as pinned. */
import { VoxError } from '@vox-speech/contract';
import { acquireLock } from '../lock.js';
import { REMOTE_ENGINE } from '../remote.js';
import type { CatalogEntry, EnginePin } from '../types.js';
import { engineLock, type Installation, install } from './install.js';
import { currentRecord, missingEngine, packagedEngine } from './locate.js';
import { checkPin, engineName, releasedPins } from './pin.js';
import { whyNot } from './probe.js';
import { moduleOf } from './record.js';

export interface EngineTask extends Installation {
  /** False: an engine that is not here is an error (a pull that a request to listen or to speak began). */
  readonly mayInstall: boolean;
}

/**
 * Makes sure of the engine of an entry (that of remote models is a part of Vox), one installation at a time on this `VOX_HOME`. Says so in the original's words.
 * Throws `engine_missing` with what to do, and what `install` throws.
 */
export async function ensureEngine(task: EngineTask, entry: CatalogEntry): Promise<void> {
  if (entry.engine === undefined || entry.engine === REMOTE_ENGINE) return;
  const name = engineName(entry.engine);
  task.emit({ status: `checking adapter ${name}` });
  const lock = await acquireLock(engineLock(task.layout, name), task.signal, () =>
    task.emit({ status: `waiting for another installation of adapter ${name}` }),
  );
  try {
    await prepare(task, name, entry);
  } finally {
    await lock.release();
  }
  task.emit({ status: `adapter ${name} ready` });
}

async function prepare(task: EngineTask, name: string, entry: CatalogEntry): Promise<void> {
  const pin = pinOf(name, entry);
  const record = await currentRecord(task.layout, name, pin);
  const reasons: string[] = [];
  for (const module of [record && moduleOf(task.layout, record), packagedEngine(name)]) {
    if (module === undefined) continue;
    const reason = await whyNot(module, `the engine '${name}'`);
    if (reason === undefined) return;
    reasons.push(reason);
    // What somebody chose is not replaced behind their back.
    if (record?.origin === 'added')
      throw new VoxError(
        'engine_missing',
        `the engine '${name}' from ${record.source} can't run here (${reason}); go back to Vox's own with: vox engines rm ${name}`,
      );
  }
  if (pin !== undefined && task.mayInstall) {
    task.emit({ status: `installing adapter ${name} ${pin.version}` });
    await install(task, { type: 'package', pin, name }, 'pinned', true);
    return;
  }
  if (reasons.length > 0)
    throw new VoxError('engine_missing', `the engine '${name}' can't run here: ${reasons.join('; ')}`);
  if (pin === undefined)
    throw new VoxError(
      'engine_missing',
      `${entry.reference} needs the engine '${name}', which this Vox has no package of; add one with: vox engines add PACKAGE`,
    );
  throw missingEngine(name, entry.reference);
}

/** The pin of an entry's engine. Throws `invalid_request` where an entry pins another package under a name of Vox's own. */
function pinOf(name: string, entry: CatalogEntry): EnginePin | undefined {
  const released = releasedPins().get(name);
  const own = entry.enginePin && checkPin(entry.enginePin);
  if (own !== undefined && own.name !== name)
    throw new VoxError('invalid_request', `${entry.reference}: engine.name is ${own.name}, not ${name}`);
  if (own !== undefined && released !== undefined && own.integrity !== released.integrity)
    throw new VoxError(
      'invalid_request',
      `${entry.reference}: '${name}' is an engine of Vox's own; a catalog can't put another package in its place`,
    );
  return released ?? own;
}
