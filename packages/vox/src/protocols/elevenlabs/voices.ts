/** Voices by ElevenLabs' ids: a voice of the model, a name that the user set, or one of theirs. */
import { VoxError, type Warning } from '@vox-speech/contract';
import type { ListedVoice } from '../../runtime/types.js';
import { VOICE_ID } from './errors.js';

/** A name that stands for a voice, e.g. `21m00Tcm4TlvDq8ikWAM` for `af_heart`. */
export interface VoiceAlias {
  readonly name: string;
  readonly target: string;
}

/** ElevenLabs' own ids: twenty letters and digits. */
const THEIR_ID = /^[A-Za-z0-9]{20}$/;

export interface ChosenVoice {
  readonly voice: string;
  readonly warnings: readonly Warning[];
}

/**
 * The voice that is meant. One of ElevenLabs' own ids that nobody named means the model's default, with a warning.
 * @throws VoxError `not_found` with the voices that there are
 */
export function chooseVoice(
  wanted: string,
  voices: readonly ListedVoice[],
  aliases: readonly VoiceAlias[],
): ChosenVoice {
  const has = (id: string) => id === 'default' || voices.some((voice) => voice.id === id);
  const named = aliases.find(({ name, target }) => name === wanted && has(target))?.target;
  if (named !== undefined) return { voice: named, warnings: [] };
  if (has(wanted)) return { voice: wanted, warnings: [] };
  const byName = voices.find(({ name }) => name.toLowerCase() === wanted.toLowerCase())?.id;
  if (byName !== undefined) return { voice: byName, warnings: [] };
  if (THEIR_ID.test(wanted)) {
    const message = `this model has no voice ${wanted}; its default speaks instead (VOX_VOICE_ALIASES says otherwise)`;
    return { voice: 'default', warnings: [{ type: 'adjusted', option: VOICE_ID, message }] };
  }
  const known = ['default', ...voices.map(({ id }) => id).filter((id) => id !== 'default')];
  throw new VoxError(
    'not_found',
    `Voice '${wanted.slice(0, 60)}' not found; this model has: ${known.join(', ')}`,
    { param: VOICE_ID },
  );
}

/** The answer of `GET /v1/voices`. */
export function listVoices(voices: readonly ListedVoice[]) {
  return {
    voices: voices.map(({ id, name, language, gender, cloned }) => ({
      voice_id: id,
      name,
      category: cloned ? 'cloned' : 'premade',
      labels: {
        ...(language === undefined ? {} : { language }),
        ...(gender === undefined ? {} : { gender }),
      },
      description: null,
      preview_url: null,
      settings: null,
    })),
  };
}
