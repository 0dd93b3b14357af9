/** How much video memory a model needs, and whether a machine has it. */
import type { Gpu } from './gpus.js';
import type { ServedModel } from './served-model.js';

const MIB_PER_GIB = 1024;
/** GiB a thousand million weights of 16 bits take. */
const GIB_PER_BILLION = 2e9 / 1024 ** 3;
/** GiB beside the weights on each GPU: CUDA's own, graphs, and a small KV cache. */
const BESIDE_GIB = 4;
/** Where a page names a figure (GiB): Voxtral Realtime's card. */
const STATED_GIB: Readonly<Record<string, number>> = { 'mistralai/Voxtral-Mini-4B-Realtime-2602': 16 };
/** Thousand millions of weights, where the name does not say (the models' cards). */
const BILLIONS: Readonly<Record<string, number>> = {
  'openai/whisper-large-v3': 1.55,
  'openai/whisper-large-v3-turbo': 0.81,
};
/** Cards of 16 GB have a little less than 16 GiB. */
const ROUNDING = 0.95;

export interface Need {
  /** On each GPU. */
  readonly gib: number;
  readonly gpus: number;
  /** False = an estimate from the number of weights. */
  readonly stated: boolean;
}

/** Undefined where the model's size is not known. */
export function needOf({ served, gpus }: ServedModel): Need | undefined {
  const stated = STATED_GIB[served];
  if (stated !== undefined) return { gib: stated, gpus, stated: true };
  const named = /(?:^|[^\d.])(\d+(?:\.\d+)?)B\b/i.exec(served)?.[1];
  const billions = BILLIONS[served] ?? (named === undefined ? undefined : Number(named));
  if (billions === undefined) return undefined;
  const gib = Math.ceil((billions * GIB_PER_BILLION) / gpus + BESIDE_GIB);
  return { gib, gpus, stated: false };
}

/** Are there enough GPUs of enough memory? */
export function fits({ gib, gpus }: Need, machine: readonly Gpu[]): boolean {
  const enough = machine.filter(({ totalMib }) => totalMib >= gib * MIB_PER_GIB * ROUNDING);
  return enough.length >= gpus;
}
