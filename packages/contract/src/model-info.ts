/** What a model says of itself, and what follows from it for every request. Pure. */
import type { ModelInfo, Pcm } from './engine.js';
import { VoxError } from './errors.js';
import type { TranscribeOptions } from './transcript.js';

/** What there is no default for, and what a model has beyond the defaults. */
export type OwnInfo = Pick<ModelInfo, 'kind' | 'family' | 'sampleRate' | 'concurrency'> & Partial<ModelInfo>;

/** The description of a model. What is not said it does not have: no languages that are known, no voices, no abilities. */
export function describeModel(own: OwnInfo): ModelInfo {
  return {
    languages: [],
    voices: [],
    canTranslate: false,
    canDetectLanguage: false,
    canTimeWords: false,
    canPrompt: false,
    ...own,
  };
}

/** @throws VoxError `internal` for samples at another rate than the model's: who calls it resamples */
export function requireRate({ sampleRate }: Pick<ModelInfo, 'sampleRate'>, pcm: Pcm): void {
  if (pcm.sampleRate !== sampleRate)
    throw new VoxError('internal', `this model hears ${sampleRate} Hz, not ${pcm.sampleRate}`);
}

/** @throws VoxError `invalid_request` for a language that is none of the model's, and for a translation where it makes none */
export function requireTask(
  { languages, canTranslate }: Pick<ModelInfo, 'languages' | 'canTranslate'>,
  { language, task }: Pick<TranscribeOptions, 'language' | 'task'>,
): void {
  if (language !== undefined && !languages.includes(language))
    throw new VoxError('invalid_request', `language '${language}' is not one of this model's`, {
      param: 'language',
    });
  if (task === 'translate' && !canTranslate)
    throw new VoxError('invalid_request', 'this model does not translate', { param: 'task' });
}
