/**
 * Voices made from recordings, under `VOX_HOME/voices/<id>/`: `metadata.json` and `reference.wav`, as the original keeps
 * them. A voice appears and disappears whole, by renaming its folder; whatever else lies beside them is passed over.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VoxError } from '@vox-speech/contract';
import { recordReference } from './recorder.js';
import type { ClonedVoice, Recording, StoredVoice } from './types.js';

/** An id is the name of a folder, so nothing else may ever become part of a path. At most 128 characters. */
const ID = /^[a-z0-9][a-z0-9._-]{0,127}$/;
const METADATA = 'metadata.json';
const REFERENCE = 'reference.wav';
/** Bytes of a `metadata.json` that are read: ours have some hundred. */
const MAX_METADATA_BYTES = 256 * 1024;
const ATTEMPTS = 5;

export type VoiceDetails = Omit<ClonedVoice, 'id' | 'createdAt'>;

export class VoiceStore {
  readonly #folder: string;
  readonly #temporary: string;

  /** `home` is absolute. Nothing is made before the first voice. */
  constructor(home: string) {
    this.#folder = join(home, 'voices');
    this.#temporary = join(home, 'tmp');
  }

  /** Every whole voice, the oldest first. */
  async list(): Promise<readonly StoredVoice[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const voices = await Promise.all(names.map((name) => this.find(name)));
    return voices
      .filter((voice) => voice !== undefined)
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  /** The voice of an id; undefined where there is none, it is not whole, or the text can't be an id. */
  async find(id: string): Promise<StoredVoice | undefined> {
    if (!ID.test(id)) return undefined;
    const path = join(this.#folder, id, REFERENCE);
    try {
      const [metadata, reference] = await Promise.all([readMetadata(join(this.#folder, id)), stat(path)]);
      if (metadata === undefined || !reference.isFile()) return undefined;
      return { id, ...metadata, path, bytes: reference.size };
    } catch {
      return undefined;
    }
  }

  /** The voice of an id. Throws `not_found`. */
  async get(id: string): Promise<StoredVoice> {
    const voice = await this.find(id);
    if (voice === undefined)
      throw new VoxError('not_found', `Voice '${shown(id)}' not found`, { param: 'voice_id' });
    return voice;
  }

  /** Checks a recording in a process of its own and keeps it. Throws as `recordReference`, and `disk_full`. */
  async create(recording: Recording, details: VoiceDetails, signal: AbortSignal): Promise<StoredVoice> {
    const fresh = join(this.#temporary, `voice-${randomUUID()}`);
    try {
      await mkdir(fresh, { recursive: true, mode: 0o700 });
      await recordReference({ recording, output: join(fresh, REFERENCE) }, signal);
      const createdAt = Math.floor(Date.now() / 1000);
      await mkdir(this.#folder, { recursive: true });
      for (let attempt = 1; ; attempt++) {
        const id = randomBytes(4).toString('hex');
        await writeFile(join(fresh, METADATA), metadataOf(id, createdAt, details), { flush: true });
        try {
          await rename(fresh, join(this.#folder, id));
          return await this.get(id);
        } catch (error) {
          const taken = ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(String((error as { code?: string }).code));
          if (!taken || attempt === ATTEMPTS) throw error;
        }
      }
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }

  /** Throws `not_found`. A request that speaks with the voice at this moment may still end well. */
  async remove(id: string): Promise<void> {
    await this.get(id);
    const old = join(this.#temporary, `voice-${randomUUID()}`);
    await mkdir(this.#temporary, { recursive: true });
    await rename(join(this.#folder, id), old);
    await rm(old, { recursive: true, force: true });
  }
}

function metadataOf(id: string, createdAt: number, details: VoiceDetails): string {
  const { name, language = null, gender = null, referenceText, consent } = details;
  return `${JSON.stringify(
    {
      id,
      name,
      language,
      gender,
      reference_text: referenceText,
      ...(consent === undefined ? {} : { consent }),
      created_at: createdAt,
    },
    null,
    2,
  )}\n`;
}

/** Reads what the original wrote too; undefined where it is no metadata. */
async function readMetadata(folder: string): Promise<Omit<ClonedVoice, 'id'> | undefined> {
  const path = join(folder, METADATA);
  if ((await stat(path)).size > MAX_METADATA_BYTES) return undefined;
  const found: unknown = JSON.parse(await readFile(path, 'utf8'));
  if (typeof found !== 'object' || found === null) return undefined;
  const text = (key: string): string => {
    const value = (found as Record<string, unknown>)[key];
    return typeof value === 'string' ? value : '';
  };
  const created = (found as Record<string, unknown>).created_at;
  if (text('name') === '') return undefined;
  return {
    name: text('name'),
    ...(text('language') === '' ? {} : { language: text('language') }),
    ...(text('gender') === '' ? {} : { gender: text('gender') }),
    referenceText: text('reference_text'),
    ...(text('consent') === '' ? {} : { consent: text('consent') }),
    createdAt: typeof created === 'number' ? created : 0,
  };
}

/** A stranger's text as it may stand in a message. */
function shown(id: string): string {
  return id.replace(/[^\x20-\x7e]/g, '?').slice(0, 80);
}
