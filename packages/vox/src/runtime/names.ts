/** Which model a request means: its name, an alias, or the default of its kind. */
import { VoxError } from '@vox-speech/contract';
import type { Catalog, Store } from '../models/index.js';
import {
  formatReference,
  parseReference,
  type Reference,
  remoteModel,
  whyUnavailable,
} from '../models/index.js';
import type { Manifest } from '../models/types.js';
import { type Alias, type AliasedModel, byName, FOREIGN_NAMES, foreignJob, type Job } from './aliases.js';

/** What the error of an empty machine suggests to pull. */
const FIRST_MODEL: Readonly<Record<Job, string>> = { stt: 'whisper:base.en', tts: 'piper:en-us-joe-medium' };
const JOB_WORDS: Readonly<Record<Job, string>> = { stt: 'an STT', tts: 'a TTS' };

export interface Defaults {
  /** `VOX_STT_MODEL`, `VOX_TTS_MODEL`. */
  readonly stt?: string;
  readonly tts?: string;
  /** Further names of models; the first of a name counts. */
  readonly aliases?: readonly Alias[];
}

/** @throws VoxError `wrong_kind` where the model does another kind of work */
export function checkKind({ reference, kind }: Pick<Manifest, 'reference' | 'kind'>, job: Job): void {
  if (kind === job) return;
  throw new VoxError(
    'wrong_kind',
    `Model '${reference}' is not ${JOB_WORDS[job]} model: take one whose TYPE in \`vox list\` is ${job}`,
    { param: 'model' },
  );
}

export class Names {
  readonly #catalog: Catalog;
  readonly #store: Store;
  readonly #defaults: Defaults;
  /** The default of a job, as long as the store has its stamp. */
  readonly #chosen = new Map<Job, { readonly stamp: string | undefined; readonly reference: string }>();
  readonly #aliases: ReadonlyMap<string, string>;

  constructor(catalog: Catalog, store: Store, defaults: Defaults) {
    this.#catalog = catalog;
    this.#store = store;
    this.#defaults = defaults;
    this.#aliases = byName(defaults.aliases ?? []);
  }

  /**
   * The pulled model that `model` names. A model that is pulled but in no catalog is found by its reference.
   * Throws `invalid_request`, `model_unknown`, or `model_not_pulled` with the pull line.
   */
  async pulled(model: string): Promise<Manifest> {
    const reference = await this.#reference(model);
    const manifest = await this.#store.get(reference);
    if (manifest) return manifest;
    const name = formatReference(reference);
    const why = whyUnavailable(this.#catalog.get(name));
    if (why !== undefined) throw new VoxError('model_not_pulled', why, { param: 'model' });
    throw new VoxError(
      'model_not_pulled',
      `Model '${model}' not found on this machine. Pull it first: vox pull ${name}`,
      { param: 'model' },
    );
  }

  /** As `pulled`, but an alias counts too, and comes first: for every use but removing. */
  async shown(model: string): Promise<Manifest> {
    const named = this.#aliases.get(model);
    if (named !== undefined) return this.pulled(named);
    const foreign = foreignJob(model);
    return foreign === undefined ? this.pulled(model) : this.#default(foreign);
  }

  /** Every alias whose model is here: the user's, then OpenAI's names. */
  async aliases(): Promise<AliasedModel[]> {
    const orNone = (found: Promise<Manifest>) => found.catch(() => undefined);
    const defaults = { stt: orNone(this.#default('stt')), tts: orNone(this.#default('tts')) };
    const own = [...this.#aliases].map(([name, target]) => ({ name, found: orNone(this.pulled(target)) }));
    const foreign = [...FOREIGN_NAMES]
      .filter(([name]) => !this.#aliases.has(name))
      .map(([name, job]) => ({ name, found: defaults[job] }));
    const all: AliasedModel[] = [];
    for (const { name, found } of [...own, ...foreign]) {
      const manifest = await found;
      if (manifest !== undefined) all.push({ name, manifest });
    }
    return all;
  }

  /** What to pull so that `model` can do a job, in the words of the catalog; undefined where nothing is named. */
  wanted(model: string, job: Job): string | undefined {
    const named = this.#aliases.get(model);
    if (named !== undefined) return named;
    const foreign = foreignJob(model);
    return model === '' || foreign !== undefined ? this.#defaults[foreign ?? job] : model;
  }

  /** The pulled model for a job: named, by an alias or default. Also throws `wrong_kind`. */
  async forJob(model: string, job: Job): Promise<Manifest> {
    const manifest = model === '' ? await this.#default(job) : await this.shown(model);
    checkKind(manifest, job);
    return manifest;
  }

  /** The pulled model that tells voices apart. Throws `model_not_pulled` with the pull line. */
  async diarizer(): Promise<Manifest> {
    const { models } = await this.#store.list();
    const found = models.find(({ kind }) => kind === 'diarizer');
    if (found !== undefined) return found;
    throw new VoxError(
      'model_not_pulled',
      'telling speakers apart by voice takes a model that is not on this machine; pull it first: vox pull diarization',
      { param: 'model' },
    );
  }

  async #reference(model: string): Promise<Reference> {
    try {
      return this.#catalog.resolve(model);
    } catch (error) {
      if (!VoxError.is(error) || error.code !== 'model_unknown' || !model.includes(':')) throw error;
      const reference = parseReference(model);
      if (await this.#store.get(reference)) return reference;
      throw error;
    }
  }

  async #default(job: Job): Promise<Manifest> {
    const named = this.#defaults[job];
    if (named !== undefined) return this.pulled(named);
    // One look at a few folders instead of every manifest, for every request that names no model.
    const stamp = await this.#store.stamp();
    const known = this.#chosen.get(job);
    if (known !== undefined && stamp !== undefined && known.stamp === stamp) {
      const manifest = await this.#store.get(parseReference(known.reference)).catch(() => undefined);
      if (manifest?.kind === job) return manifest;
    }
    const { models, broken } = await this.#store.list();
    // One that runs elsewhere only where none is here: its server may be down.
    const rank = (m: Manifest) => `${remoteModel(m) === undefined ? 0 : 1}${m.reference}`;
    const first = models.filter((m) => m.kind === job).sort((a, b) => (rank(a) < rank(b) ? -1 : 1))[0];
    if (first) {
      this.#chosen.set(job, { stamp, reference: first.reference });
      return first;
    }
    // Perhaps the only model of this kind is one that can't be read: its error says how to mend it.
    const damaged = broken.map(({ reason }) => `; ${reason}`).join('');
    throw new VoxError(
      'model_not_pulled',
      `no model specified and no default ${job.toUpperCase()} model available; pull one: vox pull ${FIRST_MODEL[job]}${damaged}`,
      { param: 'model' },
    );
  }
}
