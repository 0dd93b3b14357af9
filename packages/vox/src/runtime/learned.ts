/**
 * What a voice can do where its manifest doesn't say: models that are used as they were published have no importer to
 * write it down, so they say it when they are first loaded.
 */
import type { ModelInfo } from '@vox-speech/contract';
import { remoteModel } from '../models/index.js';
import type { Manifest } from '../models/types.js';

export class Learned {
  readonly #load: (manifest: Manifest, signal: AbortSignal) => Promise<ModelInfo>;
  /** By reference and pull, so that another build of a model is asked again. */
  readonly #known = new Map<string, ModelInfo>();

  /** @param load loads the model, unless it is, and gives what it says of itself */
  constructor(load: (manifest: Manifest, signal: AbortSignal) => Promise<ModelInfo>) {
    this.#load = load;
  }

  /** The manifest with `info`. Throws what loading throws. */
  async complete(manifest: Manifest, signal: AbortSignal): Promise<Manifest> {
    if (manifest.info !== undefined) return manifest;
    const key = `${manifest.reference} ${manifest.pulledAt}`;
    const info = this.#known.get(key) ?? (await this.#load(manifest, signal));
    // Servers come and go with what they can.
    if (remoteModel(manifest) === undefined) this.#known.set(key, info);
    return { ...manifest, info };
  }
}
