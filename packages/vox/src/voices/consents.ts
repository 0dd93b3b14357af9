/**
 * Recordings in which a person says that their voice may be used, under `VOX_HOME/voice-consents/<id>/`: `metadata.json` and
 * the recording as it was sent. A consent appears and disappears whole, by renaming its folder.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SNIFF_BYTES, sniff } from '@vox-speech/audio';
import { VoxError } from '@vox-speech/contract';
import type { VoiceConsent } from './types.js';

/** An id is the name of a folder, so nothing else may ever become part of a path. */
const ID = /^cons_[0-9a-f]{16}$/;
const METADATA = 'metadata.json';
const RECORDING = 'recording';
/** Bytes of a `metadata.json` that are read: ours have some hundred. */
const MAX_METADATA_BYTES = 64 * 1024;

export class ConsentStore {
  readonly #folder: string;
  readonly #temporary: string;

  /** `home` is absolute. Nothing is made before the first consent. */
  constructor(home: string) {
    this.#folder = join(home, 'voice-consents');
    this.#temporary = join(home, 'tmp');
  }

  /** Every whole consent, the newest first. */
  async list(): Promise<readonly VoiceConsent[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const consents = await Promise.all(names.map((name) => this.find(name)));
    return consents
      .filter((consent) => consent !== undefined)
      .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  }

  /** The consent of an id; undefined where there is none, it is not whole, or the text can't be an id. */
  async find(id: string): Promise<VoiceConsent | undefined> {
    if (!ID.test(id)) return undefined;
    const folder = join(this.#folder, id);
    try {
      const [metadata, recording] = await Promise.all([readMetadata(folder), stat(join(folder, RECORDING))]);
      return metadata === undefined || !recording.isFile() ? undefined : { id, ...metadata };
    } catch {
      return undefined;
    }
  }

  /** The consent of an id. Throws `not_found`. */
  async get(id: string): Promise<VoiceConsent> {
    const consent = await this.find(id);
    if (consent === undefined)
      throw new VoxError('not_found', 'there is no such consent', { param: 'consent_id' });
    return consent;
  }

  /**
   * Keeps a copy of a recording; it is not listened to.
   * @throws VoxError `unsupported_media` for what is no file of sound, by its first bytes; `disk_full`
   */
  async create(
    path: string,
    { name, language }: Pick<VoiceConsent, 'name' | 'language'>,
  ): Promise<VoiceConsent> {
    if (sniff(await headOf(path)) === 'unknown')
      throw new VoxError('unsupported_media', 'recording: this is not audio in any format known here', {
        param: RECORDING,
      });
    const fresh = join(this.#temporary, `consent-${randomUUID()}`);
    const id = `cons_${randomBytes(8).toString('hex')}`;
    try {
      await mkdir(fresh, { recursive: true, mode: 0o700 });
      await copyFile(path, join(fresh, RECORDING));
      const createdAt = Math.floor(Date.now() / 1000);
      await writeFile(join(fresh, METADATA), metadataOf({ id, name, language, createdAt }), { flush: true });
      await mkdir(this.#folder, { recursive: true });
      await rename(fresh, join(this.#folder, id));
      return { id, name, language, createdAt };
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }

  /** Gives a consent another name. Throws `not_found`. */
  async rename(id: string, name: string): Promise<VoiceConsent> {
    const renamed = { ...(await this.get(id)), name };
    const fresh = join(this.#folder, id, `${METADATA}.${randomUUID()}`);
    try {
      await writeFile(fresh, metadataOf(renamed), { flush: true });
      await rename(fresh, join(this.#folder, id, METADATA));
    } finally {
      await rm(fresh, { force: true });
    }
    return renamed;
  }

  /** Throws `not_found`. Voices that were made with it stay. */
  async remove(id: string): Promise<void> {
    await this.get(id);
    const old = join(this.#temporary, `consent-${randomUUID()}`);
    await mkdir(this.#temporary, { recursive: true });
    await rename(join(this.#folder, id), old);
    await rm(old, { recursive: true, force: true });
  }
}

function metadataOf({ id, name, language, createdAt }: VoiceConsent): string {
  return `${JSON.stringify({ id, name, language, created_at: createdAt }, null, 2)}\n`;
}

async function readMetadata(folder: string): Promise<Omit<VoiceConsent, 'id'> | undefined> {
  const path = join(folder, METADATA);
  if ((await stat(path)).size > MAX_METADATA_BYTES) return undefined;
  const found = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown> | null;
  const { name, language, created_at: createdAt } = found ?? {};
  if (typeof name !== 'string' || typeof language !== 'string' || typeof createdAt !== 'number')
    return undefined;
  return { name, language, createdAt };
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
