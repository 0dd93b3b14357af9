/**
 * Making a model that runs elsewhere known without a pull: it has no bytes. For a server that takes the place of another,
 * whose variables name a model that nobody pulled.
 */
import type { Catalog } from './catalog/index.js';
import { manifestOf, recipeOf } from './manifest.js';
import { formatReference, parseReference } from './reference.js';
import { originOf, REMOTE_ENGINE, remoteModel, type Wire } from './remote.js';
import type { Store } from './store.js';
import type { CatalogEntry } from './types.js';

/** Of a manifest that no pull made: the next pull finds something to do, e.g. to bring companions. */
const NOT_PULLED = 'laid out without a pull';

/**
 * The reference of the recogniser that somebody named as its servers list it (`Qwen/Qwen3-ASR-1.7B`) or in the catalog's
 * words. One that runs elsewhere and is not here yet is made known, with those of its companions that are here; one that no
 * entry names, too, spoken to by `wire`. Anything else is returned as it is: whether it was pulled is asked when it is used.
 */
export async function layOutRemote(
  store: Store,
  catalog: Catalog,
  name: string,
  wire: Exclude<Wire, 'openai-speech'>,
): Promise<string> {
  const listed = name.includes('/') ? catalog.servedAs(name) : named(catalog, name);
  const entry = listed ?? (name.includes('/') ? unlisted(name, wire) : undefined);
  const remote = entry && remoteModel(entry);
  if (entry === undefined || remote === undefined) return name;
  const known = await store.get(parseReference(entry.reference)).catch(() => undefined);
  // What a pull made stays; what a start made is made again, since companions may have come and the wire may be another.
  const made = listed === undefined ? recipeOf(entry) === known?.recipe : NOT_PULLED !== known?.recipe;
  // Consent is what a pull asks for.
  if ((known !== undefined && made) || entry.license.nonCommercial === true) return entry.reference;
  const needs: string[] = [];
  for (const need of entry.needs)
    if (await store.get(parseReference(need)).catch(() => undefined)) needs.push(need);
  const origin = originOf(remote);
  const manifest = manifestOf(entry, { files: [], origin, hashes: [], companion: false });
  const whole = needs.length === entry.needs.length;
  await store.commit(whole ? manifest : { ...manifest, needs, recipe: NOT_PULLED }, []);
  return entry.reference;
}

function named(catalog: Catalog, name: string): CatalogEntry | undefined {
  try {
    return catalog.find(name);
  } catch {
    // No reference at all: whoever asks for it is told so.
    return undefined;
  }
}

/** What a model is that only its server knows. */
function unlisted(served: string, wire: Wire): CatalogEntry {
  const tag = served
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 128);
  return {
    reference: formatReference(parseReference(`remote:${tag || 'model'}`)),
    aliases: [],
    kind: 'stt',
    family: 'remote',
    engine: REMOTE_ENGINE,
    description: `${served}, as its server has it`,
    license: { id: 'unknown', note: 'The card of the model states its licence.' },
    languages: [],
    needs: ['silero-vad:v5'],
    importer: 'none',
    parameters: { wire, served, sampleRate: 16_000, streaming: wire === 'vllm-realtime' },
    sources: [],
  };
}
