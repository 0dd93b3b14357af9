/** What the catalog says of a model that vLLM runs: its wire, its name there, and how its command goes. */
import { VoxError } from '@vox-speech/contract';
import type { Config } from '../../config/index.js';
import { type CatalogEntry, openCatalog, type RemoteModel, remoteModel } from '../../models/index.js';
import { groupOptions, type Options, optionValue, withoutOption } from './options.js';
import { splitWords } from './shell-words.js';

export interface ServedModel {
  readonly reference: string;
  readonly wire: RemoteModel['wire'];
  /** Name on the hub, under which vLLM lists it too. */
  readonly served: string;
  /** Port that its launch command ends up on. */
  readonly port: number;
  /** Behind `vllm serve NAME`, the port left out. */
  readonly options: Options;
  /** Runs on vLLM-Omni. */
  readonly omni: boolean;
  /** GPUs that it is split over. */
  readonly gpus: number;
}

/** The models that vLLM runs, of the built-in catalog and of the user's own. */
export interface ServedModels {
  /** In the catalog's order. */
  readonly all: readonly ServedModel[];
  /**
   * By any name of the catalog, or the name on the hub. Throws VoxError `wrong_kind` for a model that no vLLM runs,
   * `model_unknown` with names that come close.
   */
  get(name: string): ServedModel;
}

/** Reads the catalog. */
export async function openServedModels(
  { home, catalogUrl }: Config['models'],
  signal: AbortSignal,
): Promise<ServedModels> {
  const url = catalogUrl === undefined ? {} : { url: catalogUrl };
  const catalog = await openCatalog({ home, signal, ...url });
  const all = servedModels(catalog.entries);
  const get = (name: string): ServedModel => {
    const onHub = all.find(({ served }) => served === name);
    if (onHub !== undefined) return onHub;
    const found = asServed(catalog.get(name));
    if (found !== undefined) return found;
    const some = all.slice(0, 3).map(({ reference }) => reference);
    throw new VoxError(
      'wrong_kind',
      `${name} is not run by vLLM: vox run and vox serve run it themselves. vox engine is for ${some.join(', ')}, ...; vox engine doctor lists them`,
      { param: 'model' },
    );
  };
  return { all, get };
}

/** Every entry that vLLM runs, in the catalog's order. */
function servedModels(entries: readonly CatalogEntry[]): readonly ServedModel[] {
  return entries.flatMap((entry) => asServed(entry) ?? []);
}

function asServed(entry: CatalogEntry): ServedModel | undefined {
  const model = remoteModel(entry);
  if (model?.launch === undefined) return undefined;
  const [program, verb, served = '', ...rest] = splitWords(model.launch);
  if (program !== 'vllm' || verb !== 'serve') return undefined;
  const options = withoutOption(groupOptions(rest), '--port');
  return {
    reference: entry.reference,
    wire: model.wire,
    served,
    port: model.port,
    options,
    omni: rest.includes('--omni'),
    gpus: Number(optionValue(options, '--tensor-parallel-size') ?? 1),
  };
}
