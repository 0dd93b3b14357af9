/** Pulled models as one file, and back. Works on the store itself: no server is asked, none need run. */
import { Catalog, Store } from '../../models/index.js';
import type { PullEvent } from '../../models/types.js';
import { boundOf, bundleBytes, bundleFileName, chooseModels } from './export.js';
import { type Imported, importBundle } from './import.js';

export type { Imported } from './import.js';

interface Watched {
  readonly signal: AbortSignal;
  readonly emit: (event: PullEvent) => void;
}

export interface Export {
  /** References in the bundle; what others need comes before them. */
  readonly models: readonly string[];
  /** A name for the file. */
  readonly fileName: string;
  /** The bundle, as it is read from the store. Throws `model_broken` where a file is damaged. */
  bytes(options: Watched): AsyncIterable<Uint8Array>;
}

/**
 * Decides what goes into a bundle of the models named (none = every model) of the store under `home`, an absolute path.
 * Throws `model_not_pulled`, `model_broken`, `invalid_request`.
 */
export async function openExport(
  home: string,
  models: readonly string[],
  options: { readonly ffmpeg: boolean },
): Promise<Export> {
  const store = await Store.open(home);
  const catalog = new Catalog();
  const chosen = await chooseModels({ store, catalog, models, ffmpeg: options.ffmpeg });
  return {
    models: chosen.map(({ reference }) => reference),
    fileName: bundleFileName(models, catalog),
    bytes: (watched) => bundleBytes(store, chosen, { ...watched, bound: boundOf(chosen, catalog) }),
  };
}

/** Imports a bundle into the store under `home`, an absolute path; see `importBundle` for what it throws. */
export async function importInto(
  home: string,
  source: AsyncIterable<Uint8Array>,
  watched: Watched,
): Promise<Imported> {
  return importBundle({ store: await Store.open(home), catalog: new Catalog(), source, ...watched });
}
