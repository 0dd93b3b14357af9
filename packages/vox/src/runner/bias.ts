/** What a request asks to be expected, as far as the model takes it. */
import type { ModelInfo, TranscribeOptions } from '@vox-speech/contract';

/** `prompt` and `hotwords` of a request for a model that takes them; the runtime has said what it does not take. */
export function biasFor(
  { canPrompt, canBias }: Pick<ModelInfo, 'canPrompt' | 'canBias'>,
  { prompt, hotwords = [] }: Pick<TranscribeOptions, 'prompt' | 'hotwords'>,
): Pick<TranscribeOptions, 'prompt' | 'hotwords'> {
  return {
    ...(prompt === undefined || prompt === '' || !canPrompt ? {} : { prompt }),
    ...(hotwords.length === 0 || canBias !== true ? {} : { hotwords }),
  };
}
