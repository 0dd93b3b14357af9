/**
 * What was pulled. Reading needs no lock: a manifest appears and disappears whole. Changing happens under one lock that
 * every process on this `VOX_HOME` shares, held for renames only.
 */
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type ModelFiles, VoxError } from '@vox-speech/contract';
import { addBlob } from './blobs.js';
import { collectBlobs, manifestFiles, pruneTemporary, removeIfEmpty, removeManifest } from './collect.js';
import { flushFolder } from './durable.js';
import { Layout } from './layout.js';
import { withLock } from './lock.js';
import { readManifest, writeManifest } from './manifest.js';
import { formatReference, parseReference, type Reference } from './reference.js';
import { stampOf } from './stamp.js';
import type { Manifest } from './types.js';
import { isViewWhole, makeView, retire } from './views.js';

export interface BrokenModel {
  readonly reference: string;
  /** The manifest file. */
  readonly path: string;
  readonly reason: string;
}

export interface Listing {
  readonly models: readonly Manifest[];
  readonly broken: readonly BrokenModel[];
}

export interface Removal {
  /** References that are gone: the model, and companions that nobody needs any more. */
  readonly removed: readonly string[];
  readonly freedBytes: number;
}

/** A file that waits to become a blob. */
export interface Incoming {
  readonly digest: string;
  readonly path: string;
}

/** Changing the store waits for another process at most so long (ms). */
const LOCK_MS = 60_000;

export class Store {
  readonly layout: Layout;

  private constructor(home: string) {
    this.layout = new Layout(home);
  }

  /** Opens the store under `home` (absolute), makes its folders, removes temporary files older than a day. */
  static async open(home: string): Promise<Store> {
    const store = new Store(home);
    const { layout } = store;
    for (const folder of [layout.manifests, layout.blobs, layout.views, layout.downloads, layout.locks])
      await mkdir(folder, { recursive: true });
    await pruneTemporary(layout);
    return store;
  }

  /** Every model, sorted by reference. A damaged manifest is reported beside them and hides no other. */
  async list(): Promise<Listing> {
    const models: Manifest[] = [];
    const broken: BrokenModel[] = [];
    for (const { reference, path } of await manifestFiles(this.layout)) {
      try {
        const manifest = await readManifest(path, reference);
        if (manifest !== undefined) models.push(manifest);
      } catch (error) {
        broken.push({ reference, path, reason: VoxError.from(error).message });
      }
    }
    return { models, broken };
  }

  /**
   * Two equal stamps: no model came, went or was replaced between them, by whichever process. Undefined where one did
   * just now, since the next change may bear the same time.
   */
  async stamp(): Promise<string | undefined> {
    return stampOf(this.layout.manifests, Date.now());
  }

  /** The manifest of a pulled model. Throws `model_broken` where it is damaged. */
  async get(reference: Reference): Promise<Manifest | undefined> {
    return readManifest(this.layout.manifest(reference), formatReference(reference));
  }

  /** The folder with the model's files; made again where something is missing. Throws `model_broken`. */
  async viewDirectory(manifest: Manifest): Promise<string> {
    if (!(await isViewWhole(this.layout, manifest)))
      await this.change(async () => {
        // Another process may have made it meanwhile, and be loading from it.
        if (!(await isViewWhole(this.layout, manifest))) await makeView(this.layout, manifest);
      });
    return this.layout.view(parseReference(manifest.reference));
  }

  /** Everything an engine is told of a model's files, its companions' folders included. Throws `model_broken`. */
  async files(manifest: Manifest): Promise<ModelFiles> {
    const companions: Record<string, string> = {};
    for (const need of manifest.needs) {
      const companion = await this.get(parseReference(need));
      if (companion === undefined)
        throw new VoxError(
          'model_broken',
          `${manifest.reference} needs ${need}, which is not here; run: vox pull ${manifest.reference}`,
        );
      companions[companion.family] = await this.viewDirectory(companion);
    }
    return {
      reference: manifest.reference,
      family: manifest.family,
      directory: await this.viewDirectory(manifest),
      companions,
      parameters: manifest.parameters,
    };
  }

  /**
   * Makes a model visible: blobs first, then its view, the manifest last. The incoming files are flushed already and are
   * gone afterwards. Returns the companions that are not here (any more): then nothing was changed.
   */
  async commit(manifest: Manifest, incoming: readonly Incoming[]): Promise<readonly string[]> {
    return this.change(async () => {
      const missing: string[] = [];
      for (const need of manifest.needs)
        if ((await this.get(parseReference(need)).catch(() => undefined)) === undefined) missing.push(need);
      if (missing.length > 0) return missing;
      for (const { digest, path } of incoming) await addBlob(this.layout, digest, path);
      await flushFolder(this.layout.blobs);
      await makeView(this.layout, manifest);
      await writeManifest(this.layout.manifest(parseReference(manifest.reference)), manifest);
      await collectBlobs(this.layout);
      return [];
    });
  }

  /** Throws away blobs whose bytes are wrong, so that the next pull fetches them. */
  async discard(digests: readonly string[]): Promise<void> {
    await this.change(async () => {
      for (const digest of digests) await rm(this.layout.blob(digest), { force: true });
    });
  }

  /** Marks a model as asked for by itself, not only by those that need it. */
  async keep(manifest: Manifest): Promise<void> {
    if (!manifest.companion) return;
    const path = this.layout.manifest(parseReference(manifest.reference));
    await this.change(() => writeManifest(path, { ...manifest, companion: false }));
  }

  /**
   * Removes a model, the companions that only it needed, and every blob that nothing names any more. Throws
   * `model_not_pulled`, and `conflict` where another pulled model needs it.
   */
  async remove(reference: Reference): Promise<Removal> {
    return this.change(async () => {
      const target = formatReference(reference);
      const files = await manifestFiles(this.layout);
      if (!files.some((file) => file.reference === target))
        throw new VoxError('model_not_pulled', `${target} is not on this machine; vox list shows what is`, {
          param: 'model',
        });
      const { models } = await this.list();
      const user = models.find((model) => model.needs.includes(target));
      if (user !== undefined)
        throw new VoxError('conflict', `${target} is needed by ${user.reference}; remove that first`, {
          param: 'model',
        });
      const removed = doomed(target, models);
      for (const gone of removed) {
        const parsed = parseReference(gone);
        const view = this.layout.view(parsed);
        await removeManifest(this.layout.manifest(parsed));
        await retire(this.layout, view);
        await removeIfEmpty(dirname(view));
      }
      return { removed, freedBytes: await collectBlobs(this.layout) };
    });
  }

  private change<T>(action: () => Promise<T>): Promise<T> {
    return withLock(this.layout.storeLock, AbortSignal.timeout(LOCK_MS), action);
  }
}

/** The target, and then companions that no model left over needs. */
function doomed(target: string, models: readonly Manifest[]): string[] {
  const gone = [target];
  for (const reference of gone) {
    const needs = models.find((model) => model.reference === reference)?.needs ?? [];
    for (const need of needs) {
      const companion = models.find((model) => model.reference === need);
      const stillNeeded = models.some(
        (model) => !gone.includes(model.reference) && model.needs.includes(need),
      );
      if (companion?.companion === true && !stillNeeded && !gone.includes(need)) gone.push(need);
    }
  }
  return gone;
}
