/** Voice names that a model does not have itself: the user's aliases, and OpenAI's. */
import type { Warning } from '@vox-speech/contract';

/** A name that stands for a voice, e.g. `alloy` for `af_heart`. */
export interface VoiceAlias {
  readonly name: string;
  readonly target: string;
}

const OPENAI_VOICES = new Set(
  'alloy ash ballad cedar coral echo fable marin nova onyx sage shimmer verse'.split(' '),
);

/** Is this a name that a model need not know for somebody to speak? */
export function isOtherName(voice: string, aliases: readonly VoiceAlias[]): boolean {
  return OPENAI_VOICES.has(voice) || aliases.some(({ name }) => name === voice);
}

/**
 * The voice that such a name stands for: the first alias of that name that the model has, the model's own voice of that
 * name; for OpenAI's names also one that ends in it (Kokoro's `af_nova`), else the default, with a warning. A name of the
 * user's that leads nowhere is handed on, and refused as any unknown voice.
 */
export function standIn(
  voice: string,
  voices: readonly { readonly id: string }[],
  aliases: readonly VoiceAlias[],
): { voice: string; warnings: readonly Warning[] } {
  const has = (wanted: string) => wanted === 'default' || voices.some(({ id }) => id === wanted);
  const named = aliases.find(({ name, target }) => name === voice && has(target))?.target;
  if (named !== undefined) return { voice: named, warnings: [] };
  if (has(voice) || !OPENAI_VOICES.has(voice)) return { voice, warnings: [] };
  const similar = voices.find(({ id }) => id.endsWith(`_${voice}`))?.id ?? 'default';
  const message = `this model has no voice ${voice}; ${similar} speaks instead`;
  return { voice: similar, warnings: [{ type: 'adjusted', option: 'voice', message }] };
}
