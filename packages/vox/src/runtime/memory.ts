/** Looking at memory and giving it back: what `/v1/system` and its kin ask of the runtime. */
import { freemem, totalmem } from 'node:os';
import { VoxError } from '@vox-speech/contract';
import type { Residency } from '../scheduler/residency.js';
import type { Names } from './names.js';
import type { LoadedModel, MemoryReport, Runtime } from './types.js';

type Memory = Pick<Runtime, 'unloadIdle' | 'memory' | 'trim' | 'trimModel' | 'makeRoomFor'>;

/** Less than this is noise: a page here and there, not something that was given back. */
const WORTH_SAYING_BYTES = 256 * 1024;

export function createMemory(
  residency: Residency,
  names: Names,
  loaded: () => readonly LoadedModel[],
  policy: MemoryReport['policy'],
): Memory {
  return {
    unloadIdle: () => residency.unloadIdle(),
    memory: () => ({
      policy,
      serverBytes: process.memoryUsage.rss(),
      machine: { freeBytes: freemem(), totalBytes: totalmem() },
      models: loaded(),
    }),
    async trim(minIdleSeconds) {
      const trimmed = await residency.trim({ minIdleSeconds });
      return trimmed.filter((one) => one.freedBytes >= WORTH_SAYING_BYTES).map((one) => one.reference);
    },
    async trimModel(model) {
      const { reference } = await names.pulled(model);
      const resident = residency.loaded().find((one) => one.reference === reference);
      if (resident === undefined) throw new VoxError('conflict', `Model '${model}' is not loaded`);
      if (resident.leases > 0) throw new VoxError('conflict', `Model '${model}' is currently in use`);
      const [trimmed] = await residency.trim({ reference });
      return trimmed?.freedBytes ?? 0;
    },
    makeRoomFor: (bytes) => residency.makeRoomFor(bytes),
  };
}
