/** The pulled models that tests with real weights load, in a store's folder of views. */
import { join } from 'node:path';
import type { LoadOptions, ModelFiles } from '@vox-speech/contract';

export const THREADS: LoadOptions = { threads: 2, device: 'cpu' };

/** What the engine is told of the model whose view is `name`. */
export function filesOf(views: string, name: string, family: string): ModelFiles {
  return {
    reference: name,
    family,
    directory: join(views, name),
    companions: { 'espeak-ng-data': join(views, 'espeak-ng-data/1.52') },
    parameters: {},
  };
}
