/** From a manifest to what the scheduler loads. */
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import type { Store } from '../models/index.js';
import { parseReference } from '../models/reference.js';
import type { Manifest } from '../models/types.js';
import type { ModelSpec } from '../scheduler/model-spec.js';
import { type RemoteSettings, remoteOptions, servedAs } from './remote.js';

/** Memory of a runner process around its weights (Node, the native library, activations), measured with Whisper base. */
const RUNNER_BASE_BYTES = 150 * 2 ** 20;

export interface SpecSettings {
  readonly threads: number;
  readonly device: 'auto' | 'cpu' | 'cuda' | 'mps';
  /** How models that run elsewhere are reached. */
  readonly remote: RemoteSettings;
  /** Module of an engine by its name in the manifest; `model` is for the message. Rejects with `engine_missing`. */
  engineModule(name: string, model: string): Promise<string>;
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
  const files = servedAs(await store.files(manifest), settings.remote);
  const remote = remoteOptions(manifest, settings.remote);
  const companions = await companionEngines(store, manifest, settings);
  return {
    reference: manifest.reference,
    kind: manifest.kind,
    runsElsewhere: remote !== undefined,
    estimateBytes: RUNNER_BASE_BYTES + loadedBytes(manifest),
    preload: await preloads(store, manifest, files.companions),
    message: {
      engine: await settings.engineModule(manifest.engine, manifest.reference),
      files,
      options: {
        threads: settings.threads,
        device: settings.device,
        ...(remote === undefined ? {} : { remote }),
      },
      ...(Object.keys(companions).length === 0 ? {} : { companionEngines: companions }),
    },
  };
}

/** Bytes of the files that are loaded; one is read in pieces instead where the parameter `paged` names it. */
function loadedBytes({ files, parameters }: Manifest): number {
  return files.reduce((sum, { name, size }) => (name === parameters.paged ? sum : sum + size), 0);
}

/** Modules of the engines of companions that the model's own engine does not run, by family: what a remote model needs here. */
async function companionEngines(
  store: Store,
  { needs, engine, reference }: Manifest,
  settings: SpecSettings,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const need of needs) {
    const companion = await store.get(parseReference(need));
    if (companion?.engine === undefined || companion.engine === engine) continue;
    found[companion.family] = await settings.engineModule(companion.engine, reference);
  }
  return found;
}

/** Libraries that companions bring for the runner's process: parameter `preload`, a file name in the companion. */
async function preloads(
  store: Store,
  manifest: Manifest,
  companions: Readonly<Record<string, string>>,
): Promise<string[]> {
  const found: string[] = [];
  for (const need of manifest.needs) {
    const companion = await store.get(parseReference(need));
    const file = companion?.parameters.preload;
    const folder = companion && companions[companion.family];
    if (typeof file === 'string' && folder !== undefined) found.push(join(folder, file));
  }
  return found;
}
