/** The catalog: what can be pulled, and every name it goes by. */
import { VoxError } from '@vox-speech/contract';
import { formatReference, parseReference, type Reference, splitReference } from '../reference.js';
import type { CatalogEntry } from '../types.js';
import { COMPANIONS } from './companions.js';
import { editDistance } from './distance.js';
import { KOKORO } from './kokoro.js';
import { FAMILY_NAMES, type FamilyName } from './names.js';
import { ONNX_RUNTIME } from './onnxruntime.js';
import { PIPER } from './piper.js';
import { WHISPER } from './whisper.js';

export const BUILT_IN: readonly CatalogEntry[] = [
  ...WHISPER,
  ...PIPER,
  ...KOKORO,
  ...COMPANIONS,
  ONNX_RUNTIME,
];

export interface CatalogQuery {
  /** Every word must occur in the reference, an alias, the family or the description. */
  readonly text?: string;
  readonly kind?: string;
  /** ISO 639-1, or longer: `en-us` finds `en`. */
  readonly language?: string;
  /** Part of a licence's id. */
  readonly license?: string;
}

/** How many names an error proposes. */
const SUGGESTIONS = 3;

export class Catalog {
  readonly entries: readonly CatalogEntry[];
  readonly #byReference: ReadonlyMap<string, CatalogEntry>;
  readonly #aliases: ReadonlyMap<string, string>;
  readonly #families: ReadonlyMap<string, FamilyName>;

  /** Throws `internal` where two entries claim one name. */
  constructor(entries: readonly CatalogEntry[] = BUILT_IN, families: readonly FamilyName[] = FAMILY_NAMES) {
    this.entries = entries;
    this.#byReference = new Map(
      entries.map((entry) => [formatReference(parseReference(entry.reference)), entry]),
    );
    if (this.#byReference.size !== entries.length)
      throw new VoxError('internal', 'catalog: two entries have one name');
    this.#aliases = new Map(
      entries.flatMap((entry) => entry.aliases.map((alias) => [alias, entry.reference] as const)),
    );
    this.#families = new Map(
      families.flatMap((family) => [family.name, ...family.aliases].map((name) => [name, family])),
    );
  }

  /**
   * The canonical reference of a name as a person or an older client writes it: `whisper`, `whisper-stt:base.en`,
   * `kokoro-tts-onnx:v1.0`. The model need not be in the catalog. Throws `invalid_request` where the grammar is broken,
   * `model_unknown` where the tag is left out and the name has no default.
   */
  resolve(text: string): Reference {
    const { name, tag } = splitReference(text);
    const family = this.#families.get(name);
    const wanted = tag === undefined || (tag === 'latest' && family !== undefined) ? family?.defaultTag : tag;
    if (wanted === undefined) throw this.#unknown(text);
    const full = `${family?.name ?? name}:${wanted}`;
    return parseReference(this.#aliases.get(full) ?? full);
  }

  /** The entry of a name, if the catalog has one. Throws `invalid_request` where the grammar is broken. */
  find(text: string): CatalogEntry | undefined {
    try {
      return this.#byReference.get(formatReference(this.resolve(text)));
    } catch (error) {
      if (VoxError.is(error) && error.code === 'model_unknown') return undefined;
      throw error;
    }
  }

  /** The entry of a name. Throws `invalid_request`, or `model_unknown` with names that come close. */
  get(text: string): CatalogEntry {
    const entry = this.find(text);
    if (entry === undefined) throw this.#unknown(text);
    return entry;
  }

  /** References that come close to a text, the closest first, at most three. */
  suggest(text: string): readonly string[] {
    const [name = '', tag] = text.trim().toLowerCase().split(':');
    const family = this.#families.get(name)?.name ?? name;
    const wanted = tag === undefined ? family : `${family}:${tag}`;
    return this.entries
      .map((entry) => ({ reference: entry.reference, score: score(wanted, entry.reference) }))
      .filter(({ score }) => score <= Math.max(2, Math.floor(wanted.length / 3)))
      .sort((a, b) => a.score - b.score)
      .slice(0, SUGGESTIONS)
      .map(({ reference }) => reference);
  }

  /** Entries that meet every condition. Companions are found only by text or kind. */
  search(query: CatalogQuery): readonly CatalogEntry[] {
    const words = (query.text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    const kind = query.kind?.toLowerCase();
    const language = query.language?.toLowerCase().split(/[-_]/)[0];
    const license = query.license?.toLowerCase();
    return this.entries.filter((entry) => {
      if (kind !== undefined && entry.kind !== kind) return false;
      if (kind === undefined && words.length === 0 && entry.kind !== 'stt' && entry.kind !== 'tts')
        return false;
      if (language !== undefined && !entry.languages.includes(language)) return false;
      if (license !== undefined && !entry.license.id.toLowerCase().includes(license)) return false;
      const haystack = [entry.reference, entry.family, entry.description, ...entry.aliases]
        .join(' ')
        .toLowerCase();
      return words.every((word) => haystack.includes(word));
    });
  }

  #unknown(text: string): VoxError {
    const close = this.suggest(text);
    const hint = close.length > 0 ? `did you mean ${close.join(', ')}?` : 'vox search lists what there is';
    return new VoxError('model_unknown', `no model is called ${JSON.stringify(text)}; ${hint}`, {
      param: 'model',
    });
  }
}

/** Distance to a reference. A text without a tag is measured against the name; the beginning of either comes close. */
function score(wanted: string, reference: string): number {
  if (wanted.length >= 3 && reference.startsWith(wanted)) return 1;
  if (wanted.includes(':')) return editDistance(wanted, reference);
  return editDistance(wanted, reference.split(':')[0] ?? '');
}
