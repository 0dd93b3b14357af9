/** From a manifest to what the scheduler loads. */
import { VoxError } from '@vox-speech/contract';
import type { Store } from '../models/index.js';
import type { Manifest } from '../models/types.js';
import type { ModelSpec } from '../scheduler/model-spec.js';

/** Memory of a runner process around its weights (Node, the native library, activations), measured with Whisper base. */
const RUNNER_BASE_BYTES = 150 * 2 ** 20;

export interface SpecSettings {
  readonly threads: number;
  readonly device: 'auto' | 'cpu' | 'cuda' | 'mps';
  /** Module of an engine by its name in the manifest. Throws `engine_missing`. */
  engineModule(name: string): string;
}

export async function modelSpec(
  store: Store,
  manifest: Manifest,
  settings: SpecSettings,
): Promise<ModelSpec> {
  if (manifest.engine === undefined || manifest.kind === 'data' || manifest.kind === 'program') {
    throw new VoxError('wrong_kind', `${manifest.reference} is not a model that can be loaded`, {
      param: 'model',
    });
  }
  return {
    reference: manifest.reference,
    kind: manifest.kind,
    estimateBytes: RUNNER_BASE_BYTES + manifest.files.reduce((sum, file) => sum + file.size, 0),
    message: {
      engine: settings.engineModule(manifest.engine),
      files: await store.files(manifest),
      options: { threads: settings.threads, device: settings.device },
    },
  };
}
