/** The catalog: what can be pulled, and every name it goes by. */
import { VoxError } from '@vox-speech/contract';
import { formatReference, parseReference, type Reference, splitReference } from '../reference.js';
import { remoteModel } from '../remote.js';
import type { CatalogEntry, License } from '../types.js';
import { COMPANIONS } from './companions.js';
import { DIARIZATION } from './diarization.js';
import { editDistance } from './distance.js';
import { KOKORO } from './kokoro.js';
import { FAMILY_NAMES, type FamilyName } from './names.js';
import { ONNX_RUNTIME } from './onnxruntime.js';
import { PIPER } from './piper.js';
import { REMOTE_MODELS } from './remote-models.js';
import { SHERPA_ONLINE } from './sherpa-online.js';
import { SHERPA_STT } from './sherpa-stt.js';
import { SHERPA_TTS } from './sherpa-tts.js';
import { UNAVAILABLE } from './unavailable.js';
import { WHISPER } from './whisper.js';

export const BUILT_IN: readonly CatalogEntry[] = [
  ...WHISPER,
  ...SHERPA_STT,
  ...SHERPA_ONLINE,
  ...KOKORO,
  ...SHERPA_TTS,
  ...PIPER,
  ...REMOTE_MODELS,
  ...UNAVAILABLE,
  ...DIARIZATION,
  ...COMPANIONS,
  ONNX_RUNTIME,
];

/** A user's own entries, and what was wrong with those that could not be used. */
export interface OwnCatalog {
  /** Each replaces the built-in one of its reference; that it may was checked. */
  readonly entries: readonly CatalogEntry[];
  /** One sentence each, with the file and the field. */
  readonly problems: readonly string[];
}

export interface CatalogQuery {
  /** Every word must occur in the reference, an alias, the family or the description. */
  readonly text?: string;
  readonly kind?: string;
  /** ISO 639-1, or longer: `en-us` finds `en`. */
  readonly language?: string;
  /** Part of a licence's id, or `non-commercial`. */
  readonly license?: string;
}

/** How many names an error proposes. */
const SUGGESTIONS = 3;

export class Catalog {
  readonly entries: readonly CatalogEntry[];
  /** What is wrong with the user's own entries: for the log, `vox search`, and the error of a name that is missing. */
  readonly problems: readonly string[];
  readonly #byReference: ReadonlyMap<string, CatalogEntry>;
  readonly #aliases: ReadonlyMap<string, string>;
  readonly #families: ReadonlyMap<string, FamilyName>;

  /** Throws `internal` where two entries claim one name. */
  constructor(
    builtIn: readonly CatalogEntry[] = BUILT_IN,
    families: readonly FamilyName[] = FAMILY_NAMES,
    own: OwnCatalog = { entries: [], problems: [] },
  ) {
    const replaced = new Set(own.entries.map((entry) => entry.reference));
    const entries = [...own.entries, ...builtIn.filter((entry) => !replaced.has(entry.reference))];
    this.entries = entries;
    this.problems = own.problems;
    this.#byReference = new Map(
      entries.map((entry) => [formatReference(parseReference(entry.reference)), entry]),
    );
    if (this.#byReference.size !== entries.length)
      throw new VoxError('internal', 'catalog: two entries have one name');
    // Of two that claim an alias the first wins: a user's own.
    this.#aliases = new Map(
      entries
        .toReversed()
        .flatMap((entry) => entry.aliases.map((alias) => [alias, entry.reference] as const)),
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
    const named = this.#families.get(name);
    const bare = tag === undefined || (tag === 'latest' && named !== undefined);
    const family = bare && named?.bare !== undefined ? this.#families.get(named.bare) : named;
    const wanted = bare ? family?.defaultTag : tag;
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

  /** The recogniser or voice that servers list under a name, e.g. `Qwen/Qwen3-ASR-1.7B`; of several the first. */
  servedAs(name: string): CatalogEntry | undefined {
    const wanted = name.trim().toLowerCase();
    return this.entries.find((entry) => remoteModel(entry)?.served.toLowerCase() === wanted);
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

  /** Entries that meet every condition. Companions are found only by text or kind, minor ones by text or language. */
  search(query: CatalogQuery): readonly CatalogEntry[] {
    const words = (query.text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    const kind = query.kind?.toLowerCase();
    const language = query.language?.toLowerCase().split(/[-_]/)[0];
    const license = query.license?.toLowerCase();
    return this.entries.filter((entry) => {
      if (kind !== undefined && entry.kind !== kind) return false;
      if (kind === undefined && words.length === 0 && entry.kind !== 'stt' && entry.kind !== 'tts')
        return false;
      if (entry.minor === true && words.length === 0 && language === undefined) return false;
      if (language !== undefined && !entry.languages.includes(language)) return false;
      if (license !== undefined && !licenseNames(entry.license).includes(license)) return false;
      const haystack = [entry.reference, entry.family, entry.description, ...entry.aliases]
        .join(' ')
        .toLowerCase();
      return words.every((word) => haystack.includes(word));
    });
  }

  #unknown(text: string): VoxError {
    const close = this.suggest(text);
    const hint = close.length > 0 ? `did you mean ${close.join(', ')}?` : 'vox search lists what there is';
    const [problem] = this.problems;
    const own = problem === undefined ? '' : `. Some entries of your own could not be used: ${problem}`;
    return new VoxError('model_unknown', `Model '${text}' not found in catalog; ${hint}${own}`, {
      param: 'model',
    });
  }
}

function licenseNames({ id, nonCommercial }: License): string {
  return `${id}${nonCommercial === true ? ' non-commercial' : ''}`.toLowerCase();
}

/** Distance to a reference. A text without a tag is measured against the name; the beginning of either comes close. */
function score(wanted: string, reference: string): number {
  if (wanted.length >= 3 && reference.startsWith(wanted)) return 1;
  if (wanted.includes(':')) return editDistance(wanted, reference);
  return editDistance(wanted, reference.split(':')[0] ?? '');
}
