/** OpenAI's voice names on models that do not have them. */
import type { Warning } from '@vox-speech/contract';

const OPENAI_VOICES = new Set(
  'alloy ash ballad cedar coral echo fable marin nova onyx sage shimmer verse'.split(' '),
);

export function isOpenaiVoice(voice: string): boolean {
  return OPENAI_VOICES.has(voice);
}

/**
 * The voice that stands for one of OpenAI's: the model's own of that name, one that ends in it (Kokoro's
 * `af_nova`), else the default, with a warning.
 */
export function standIn(
  voice: string,
  voices: readonly { readonly id: string }[],
): { voice: string; warnings: readonly Warning[] } {
  if (voices.some(({ id }) => id === voice)) return { voice, warnings: [] };
  const similar = voices.find(({ id }) => id.endsWith(`_${voice}`))?.id ?? 'default';
  const message = `this model has no voice ${voice}; ${similar} speaks instead`;
  return { voice: similar, warnings: [{ type: 'adjusted', option: 'voice', message }] };
}
