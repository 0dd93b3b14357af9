/** The voices of a model and the speaker numbers that sherpa wants for them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelFiles, Voice } from '@vox-speech/contract';
import { broken } from './model-files.js';

export interface Speakers {
  readonly voices: readonly Voice[];
  /** Speaker number by voice id; holds `default`. */
  readonly ids: ReadonlyMap<string, number>;
}

/** The part of the importer's info.json that is read here. */
interface ImportedInfo {
  readonly voices?: readonly Voice[];
  readonly speakers?: Readonly<Record<string, number>>;
}

/**
 * Voices from the importer's info.json, else from the metadata `speaker_names` (in the order of their numbers), else
 * only `default`.
 * @throws VoxError `model_broken` when info.json can't be read
 */
export function speakersOf(files: ModelFiles, metadata: ReadonlyMap<string, string>): Speakers {
  const path = join(files.directory, 'info.json');
  if (existsSync(path)) {
    try {
      const info = JSON.parse(readFileSync(path, 'utf8')) as ImportedInfo;
      if (info.voices && info.speakers) {
        const ids = new Map(Object.entries(info.speakers));
        if (!ids.has('default')) ids.set('default', 0);
        return { voices: info.voices, ids };
      }
    } catch (error) {
      throw broken(files, 'info.json is not readable', error);
    }
  }
  const names = (metadata.get('speaker_names') ?? '').split(',').filter((name) => name !== '');
  return {
    voices: ['default', ...names].map((id) => ({ id, name: id })),
    ids: new Map([['default', 0] as const, ...names.map((name, index) => [name, index] as const)]),
  };
}

/** Names for speakers that only have numbers, as the metadata entry `speaker_names` writes them: `speaker-1`, ... */
export function numberedSpeakers(count: number): string {
  return Array.from({ length: count }, (_, at) => `speaker-${at + 1}`).join();
}
