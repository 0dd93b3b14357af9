/** Live speech to text: what a request asks, against what the model can. */
import { type LiveOptions, VoxError, type Warning } from '@vox-speech/contract';
import type { Manifest } from '../models/types.js';
import { checkTranscription } from './transcribe.js';

/** Hz that may come in: telephone to studio. */
const RATES = { min: 8_000, max: 192_000 };

/** The options for the runner, and what of them can't be met. Throws `invalid_request` naming the field. */
export function checkLive(
  live: LiveOptions,
  manifest: Manifest,
): { options: LiveOptions; warnings: Warning[] } {
  if (live.sampleRate < RATES.min || live.sampleRate > RATES.max)
    throw new VoxError(
      'invalid_request',
      `sample_rate must be ${RATES.min} to ${RATES.max} Hz, not ${live.sampleRate}`,
      { param: 'sample_rate' },
    );
  const { language, task, hotwords, decoder } = live;
  const words = live.words && manifest.info?.canTimeWords !== false;
  const { options, warnings } = checkTranscription(
    {
      task,
      words,
      ...(language === undefined ? {} : { language }),
      hotwords,
      ...(live.prompt === undefined ? {} : { prompt: live.prompt }),
      ...(decoder === undefined ? {} : { decoder }),
      ...(live.scores === undefined ? {} : { scores: live.scores }),
    },
    manifest,
  );
  if (live.words && !words)
    warnings.push({ type: 'unsupported', option: 'words', message: 'this model gives no word times' });
  const { language: _, prompt: __, decoder: ___, scores: ____, ...rest } = live;
  return { options: { ...rest, ...options, hotwords: options.hotwords ?? [] }, warnings };
}
