/** Languages of which a request says that one is spoken. */
import { type ModelInfo, type TranscribeOptions, VoxError, type Warning } from '@vox-speech/contract';

interface Candidates {
  readonly options: Pick<TranscribeOptions, 'language' | 'languages'>;
  readonly warnings: readonly Warning[];
}

/**
 * What a model is told of them: one alone is told; of several, detection is held to them; where there is no detection the
 * first is told.
 * @param told what the request says besides; it goes before them
 * @param known languages of the model; empty = unknown
 * @throws VoxError `invalid_request` naming `languages`, where the model hears none of them
 */
export function languagesOf(
  languages: readonly string[],
  told: string | undefined,
  info: ModelInfo | undefined,
  known: readonly string[],
): Candidates {
  const all = [...new Set(languages)];
  if (all.length === 0) return { options: {}, warnings: [] };
  const option = 'languages';
  const adjusted = (message: string): Warning => ({ type: 'adjusted', option, message });
  if (told !== undefined)
    return { options: {}, warnings: [adjusted(`language ${told} was told, so there was nothing to choose`)] };
  const heard = known.length === 0 ? all : all.filter((language) => known.includes(language));
  const [first, ...others] = heard;
  if (first === undefined)
    throw new VoxError(
      'invalid_request',
      `languages: this model hears none of ${all.join(', ')}, but ${known.join(', ')}`,
      { param: option },
    );
  const left = all.filter((language) => !heard.includes(language));
  const warnings = left.length === 0 ? [] : [adjusted(`this model does not hear ${left.join(', ')}`)];
  if (info?.canChooseLanguage === false) {
    if (known.length === 1) return { options: {}, warnings };
    const message = 'this model hears the language by itself; languages was not used';
    return { options: {}, warnings: [...warnings, { type: 'unsupported', option, message }] };
  }
  if (others.length === 0) return { options: { language: first }, warnings };
  if (info?.canDetectLanguage === false) {
    const message = `this model does not detect the language; ${first} was taken`;
    return { options: { language: first }, warnings: [...warnings, adjusted(message)] };
  }
  return { options: { languages: heard }, warnings };
}
