/** Listing voices, and what is said of a new one, the same over HTTP and gRPC. */
import { VoxError } from '@vox-speech/contract';
import type { NewVoice, Runtime } from '../../runtime/types.js';
import { voiceItem } from './index.js';

/** Half a minute of the widest WAV that is read, 192 kHz with two channels of 32 bits, is 46 MB. */
export const MAX_SAMPLE_BYTES = 64 * 1024 * 1024;
/** Characters of a name, a language, a gender. */
const MAX_WORD = 200;

/** Voices of a model. Without one: of all models that are loaded, each with its model, as the original. */
export async function voicesOf(runtime: Runtime, model: string | undefined) {
  if (model) return (await runtime.voices(model)).map((voice) => voiceItem(voice));
  const speaking = runtime.loaded().filter(({ kind }) => kind === 'tts');
  const each = speaking.map(async ({ reference }) =>
    (await runtime.voices(reference)).map((voice) => voiceItem(voice, reference)),
  );
  return (await Promise.all(each)).flat();
}

/**
 * A new voice by its fields, as they were sent: `name`, `language`, `gender`, `reference_text`.
 * @param maxText characters of the words said in the recording
 * @throws VoxError `invalid_request` naming the field
 */
export function checkedVoice(
  field: (name: string) => string | undefined,
  maxText: number,
): Omit<NewVoice, 'path' | 'signal'> {
  const text = (name: string, most: number) => atMost(most, name, field(name)?.trim() ?? '');
  const name = text('name', MAX_WORD);
  if (name === '') throw new VoxError('invalid_request', 'name is empty; give one', { param: 'name' });
  const language = text('language', MAX_WORD) || undefined;
  const gender = text('gender', MAX_WORD) || undefined;
  return {
    name,
    referenceText: text('reference_text', maxText),
    ...(language === undefined ? {} : { language }),
    ...(gender === undefined ? {} : { gender }),
  };
}

function atMost(most: number, field: string, text: string): string {
  if (text.length <= most) return text;
  throw new VoxError('invalid_request', `${field} has ${text.length} characters; at most ${most} are taken`, {
    param: field,
  });
}
