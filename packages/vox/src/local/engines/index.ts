/** `vox engines`: what is installed, adding and removing by whoever may write to `VOX_HOME`. */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { type EngineSource, engineLock, install } from '../../models/engines/install.js';
import { currentRecord, packagedEngine, pathOf } from '../../models/engines/locate.js';
import { checkPackage, engineName, exactPackage, releasedPins } from '../../models/engines/pin.js';
import { whyNot } from '../../models/engines/probe.js';
import {
  type EngineRecord,
  folderOf,
  moduleOf,
  readRecord,
  readRecords,
  unpublish,
} from '../../models/engines/record.js';
import { packageNameOf } from '../../models/engines/unpack.js';
import { withLock } from '../../models/lock.js';
import type { ModelsSettings } from '../../models/settings.js';
import { Store } from '../../models/store.js';
import type { CatalogEntry, PullEvent } from '../../models/types.js';

export interface EngineListing {
  readonly name: string;
  /** Absent where it is not installed and nothing pins it. */
  readonly version?: string;
  /** `ready`, `not installed`, `outdated`, or `cannot run: ` and why. */
  readonly status: string;
  /** `pinned`, `added: PATH or PACKAGE`, `package` (beside Vox). */
  readonly origin?: string;
  readonly path?: string;
}

export interface AddOptions {
  /** Folder, .tgz, exact package, or the name of an engine that this Vox pins. */
  readonly what: string;
  /** `sha512-...`: asked for where `what` is a package of a registry. */
  readonly integrity?: string;
  /** Folder that a relative path starts from. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly emit: (event: PullEvent) => void;
}

export class Engines {
  readonly #settings: ModelsSettings;
  readonly #entries: readonly CatalogEntry[];
  readonly #store: Store;

  private constructor(settings: ModelsSettings, entries: readonly CatalogEntry[], store: Store) {
    this.#settings = settings;
    this.#entries = entries;
    this.#store = store;
  }

  /** `entries`: the catalog's, for the engines that they name. */
  static async open(settings: ModelsSettings, entries: readonly CatalogEntry[]): Promise<Engines> {
    return new Engines(settings, entries, await Store.open(settings.home));
  }

  /** Every engine that is installed, pinned, or named by the catalog, by name. */
  async list(): Promise<readonly EngineListing[]> {
    const names = new Set([
      ...(await readRecords(this.#store.layout)).map(({ name }) => name),
      ...releasedPins().keys(),
      ...this.#entries.flatMap(({ engine }) => engine ?? []),
    ]);
    return Promise.all([...names].sort().map((name) => this.#describe(name)));
  }

  /** Installs what somebody chose. Throws `invalid_request`, and what `install` throws. */
  async add(options: AddOptions): Promise<EngineRecord> {
    const { signal, emit } = options;
    const task = { layout: this.#store.layout, settings: this.#settings, signal, emit };
    const pin = releasedPins().get(options.what);
    if (pin === undefined) {
      const source = await sourceOf(options);
      // What a tarball needs may lie beside it.
      const beside = source.type === 'tarball' ? { engineSource: dirname(source.path) } : {};
      return install({ ...task, settings: { ...beside, ...this.#settings } }, source, 'added', false);
    }
    return withLock(engineLock(task.layout, pin.name), signal, () =>
      install(task, { type: 'package', pin, name: pin.name }, 'pinned', true),
    );
  }

  /**
   * Removes an installed engine; models that need it can be pulled again to get the pinned one. Returns those models.
   * Throws `not_found`.
   */
  async remove(name: string, signal: AbortSignal): Promise<readonly string[]> {
    const { layout } = this.#store;
    await withLock(engineLock(layout, engineName(name)), signal, () => unpublish(layout, name));
    const { models } = await this.#store.list();
    return models.filter(({ engine }) => engine === name).map(({ reference }) => reference);
  }

  async #describe(name: string): Promise<EngineListing> {
    const { layout } = this.#store;
    const record = await currentRecord(layout, name);
    if (record !== undefined)
      return {
        name,
        version: record.version,
        status: statusOf(await whyNot(moduleOf(layout, record), name)),
        origin: record.origin === 'pinned' ? 'pinned' : `added: ${record.source}`,
        path: folderOf(layout, record),
      };
    const module = packagedEngine(name);
    if (module !== undefined) {
      const path = resolve(pathOf(module), '../..');
      const version = await packageNameOf(path).then(
        (found) => found.version,
        () => undefined,
      );
      return {
        name,
        ...(version === undefined ? {} : { version }),
        status: statusOf(await whyNot(module, name)),
        origin: 'package',
        path,
      };
    }
    const pin = releasedPins().get(name);
    const stale = await readRecord(layout, name);
    return {
      name,
      ...(pin === undefined ? {} : { version: pin.version, origin: 'pinned' }),
      status: stale === undefined ? 'not installed' : 'outdated',
    };
  }
}

function statusOf(reason: string | undefined): string {
  return reason === undefined ? 'ready' : `cannot run: ${reason}`;
}

/** What somebody means by the argument of `vox engines add`. */
async function sourceOf({ what, integrity, directory }: AddOptions): Promise<EngineSource> {
  const path = resolve(directory, what);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return { type: 'folder', path };
  if (found?.isFile()) return { type: 'tarball', path };
  const exact = exactPackage(what);
  if (exact === undefined)
    throw new VoxError(
      'invalid_request',
      `${JSON.stringify(what.slice(0, 200))} is no folder, no .tgz file and no exact package such as my-engine@1.2.3`,
    );
  if (integrity === undefined)
    throw new VoxError(
      'invalid_request',
      `--integrity is missing: nothing is installed unpinned; \`npm view ${what} dist.integrity\` prints it`,
    );
  return { type: 'package', pin: checkPackage({ ...exact, integrity }) };
}
