/** Where everything lies under `VOX_HOME`. Paths are made from parsed references, digests and our own hex keys only. */
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import type { Reference } from './reference.js';

/** `sha256-` and 64 lower-case hex digits: the name of a blob. */
export const DIGEST = /^sha256-[0-9a-f]{64}$/;

/**
 * Whether a name may stand in a manifest: relative, forward slashes, no empty, `.` or `..` part, no backslash,
 * colon or control character (those mean something to Windows).
 */
export function isSafeName(name: string): boolean {
  if (name.length === 0 || name.length > 512) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f\\:]/.test(name)) return false;
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

export class Layout {
  readonly models: string;
  readonly manifests: string;
  readonly blobs: string;
  readonly views: string;
  readonly engines: string;
  readonly temporary: string;
  readonly downloads: string;
  readonly locks: string;

  /** `home` is absolute. */
  constructor(readonly home: string) {
    this.models = join(home, 'models');
    this.manifests = join(this.models, 'manifests');
    this.blobs = join(this.models, 'blobs');
    this.views = join(this.models, 'views');
    this.engines = join(home, 'engines');
    this.temporary = join(home, 'tmp');
    this.downloads = join(this.temporary, 'downloads');
    this.locks = join(this.temporary, 'locks');
  }

  manifest(reference: Reference): string {
    return join(this.manifests, reference.name, `${reference.tag}.json`);
  }

  view(reference: Reference): string {
    return join(this.views, reference.name, reference.tag);
  }

  /** Throws `internal` on anything that is not a digest. */
  blob(digest: string): string {
    if (!DIGEST.test(digest)) throw new VoxError('internal', `not a digest: ${JSON.stringify(digest)}`);
    return join(this.blobs, digest);
  }

  /** Folder in which one pull works; the holder of the pull's lock owns it. */
  work(reference: Reference): string {
    return join(this.temporary, `pull-${reference.name}--${reference.tag}`);
  }

  lock(name: string): string {
    return join(this.locks, `${name}.lock`);
  }

  /** Lock of the pull of one reference. */
  pullLock(reference: Reference): string {
    return this.lock(`pull-${reference.name}--${reference.tag}`);
  }

  /** Lock under which blobs, manifests and views change. Held for renames only, never for a transfer. */
  get storeLock(): string {
    return this.lock('store');
  }
}
