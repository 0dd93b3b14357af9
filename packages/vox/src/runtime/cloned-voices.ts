/** Voices made from recordings: making one from an upload, and finding the one that a request names. */
import { fromRecord, type ModelInfo, VoxError } from '@vox-speech/contract';
import type { Store } from '../models/index.js';
import type { Manifest } from '../models/types.js';
import type { ConsentStore, StoredVoice, VoiceStore } from '../voices/index.js';
import { type MediaSettings, openMedia } from './media.js';
import type { ClonedVoices, NewVoice } from './types.js';

/** Hz of a recording that is not a WAV: what the voices that clone speak; above it they use nothing. */
const RECORDING_RATE = 24_000;
/** The longest recording that is taken, in seconds. */
const MAX_SECONDS = 30;

export function createClonedVoices(
  voices: VoiceStore,
  consents: Pick<ConsentStore, 'find'>,
  media: Omit<MediaSettings, 'maxSeconds' | 'sampleRate' | 'raw'>,
): ClonedVoices {
  return {
    list: () => voices.list(),
    get: (id) => voices.get(id),
    remove: (id) => voices.remove(id),
    async create({ path, signal, referenceText = '', consent, ...details }) {
      if (consent !== undefined && (await consents.find(consent)) === undefined)
        throw new VoxError(
          'invalid_request',
          'consent: there is no such consent; make one with POST /v1/audio/voice_consents',
          { param: 'consent' },
        );
      const settings = { ...media, maxSeconds: MAX_SECONDS, sampleRate: RECORDING_RATE };
      try {
        const opened = await openMedia(path, settings, signal);
        try {
          const failure = await opened.done;
          if (failure !== undefined) throw fromRecord(failure);
          return await voices.create(
            opened.source,
            { ...detailsOf(details), referenceText, ...(consent === undefined ? {} : { consent }) },
            signal,
          );
        } finally {
          await opened.dispose();
        }
      } catch (error) {
        throw asOriginal(error);
      }
    },
  };
}

function detailsOf({ name, language, gender }: Pick<NewVoice, 'name' | 'language' | 'gender'>) {
  return {
    name,
    ...(language === undefined ? {} : { language }),
    ...(gender === undefined ? {} : { gender }),
  };
}

/** A recording that can't be read is a bad request here, whatever else it would be elsewhere (vox.md 2.6). */
function asOriginal(error: unknown): unknown {
  if (!VoxError.is(error) || (error.code !== 'unsupported_media' && error.code !== 'empty_audio'))
    return error;
  return new VoxError('invalid_request', `audio_sample: ${error.message}`, {
    param: 'audio_sample',
    cause: error,
  });
}

/**
 * The stored voice that a request names; undefined where it names one of the model's own, or none that there is.
 * @throws VoxError `invalid_request` where the model can't speak with it, naming pulled models that can
 */
export async function findReference(
  voice: string,
  { reference, info }: Manifest,
  voices: VoiceStore,
  store: Store,
): Promise<StoredVoice | undefined> {
  if (info?.voices.some(({ id }) => id === voice)) return undefined;
  const found = await voices.find(voice);
  if (found === undefined) return undefined;
  if (info?.cloning !== true) {
    const able = (await store.list()).models.filter((model) => model.info?.cloning === true);
    const hint =
      able.length === 0
        ? 'no pulled model can'
        : `these pulled models can: ${able.map((model) => model.reference).join(', ')}`;
    throw new VoxError(
      'invalid_request',
      `Voice '${voice}' was made from a recording, and ${reference} can't clone voices; ${hint}`,
      { param: 'voice' },
    );
  }
  demandText(found, info, reference);
  return found;
}

function demandText(voice: StoredVoice, info: ModelInfo, model: string): void {
  if (info.cloningNeedsText !== true || voice.referenceText.trim() !== '') return;
  throw new VoxError(
    'invalid_request',
    `Voice '${voice.id}' has no reference_text, and ${model} needs the words of the recording: make the voice again with them`,
    { param: 'voice' },
  );
}
