/** Speech to text: check, open the media, lease, hand to the runner, hand back segments as they are decoded. */
import { type Segment, type TranscribeOptions, VoxError, type Warning } from '@vox-speech/contract';
import type { Manifest } from '../models/types.js';
import type { LeasedHost } from '../scheduler/model-spec.js';
import { languagesOf } from './candidates.js';
import { biasOf } from './hotwords.js';
import type { OpenedMedia } from './media.js';
import type { TranscribeRequest, Transcription } from './types.js';

/** The options for the engine, and what of the request could not be met. Throws `invalid_request` naming the field. */
export function checkTranscription(
  request: Omit<TranscribeRequest, 'model' | 'path' | 'signal'>,
  { info, languages }: Manifest,
): { options: TranscribeOptions; warnings: Warning[] } {
  const warnings: Warning[] = [];
  const language = request.language?.trim().toLowerCase();
  const given = language === undefined || language === '' || language === 'auto' ? undefined : language;
  const known = info?.languages ?? languages;
  if (given !== undefined && known.length > 0 && !known.includes(given)) {
    throw new VoxError(
      'invalid_request',
      `language '${request.language}' is not one that this model hears: ${known.join(', ')}`,
      { param: 'language' },
    );
  }
  if (request.task === 'translate' && info?.canTranslate === false) {
    throw new VoxError(
      'invalid_request',
      'this model can not translate; use a multilingual Whisper, e.g. whisper:base',
      { param: 'model' },
    );
  }
  if (request.words && info?.canTimeWords === false) {
    throw new VoxError('invalid_request', 'this model gives no word times', {
      param: 'timestamp_granularities',
    });
  }
  if (request.prompt && info?.canPrompt !== true) {
    warnings.push({
      type: 'unsupported',
      option: 'prompt',
      message: 'this model takes no prompt; it was not used',
    });
  }
  if (given !== undefined && info?.canChooseLanguage === false && known.length > 1) {
    warnings.push({
      type: 'unsupported',
      option: 'language',
      message: 'this model hears the language by itself; language was not used',
    });
  }
  if (request.temperature !== undefined && request.temperature !== 0) {
    warnings.push({
      type: 'unsupported',
      option: 'temperature',
      message: 'decoding is greedy; temperature was not used',
    });
  }
  const { decoder } = request;
  const decodes = decoder !== undefined && info?.decoders?.includes(decoder) === true;
  // One that has no choice is greedy, unless it runs elsewhere, where nobody knows.
  const asWished = decodes || (decoder === 'greedy' && info !== undefined && info.decoders === undefined);
  if (decoder !== undefined && !asWished) {
    warnings.push({
      type: 'unsupported',
      option: 'decoder',
      message: `this model has no choice of ${decoder} decoding; it decoded as it does`,
    });
  }
  const { prompt, hotwords, warnings: unbiased } = biasOf(request, info);
  const among = languagesOf(request.languages ?? [], given, info, known);
  const scores = request.scores === true && info?.canScore === true;
  if (request.scores === true && !scores) {
    warnings.push({
      type: 'unsupported',
      option: 'scores',
      message: 'this model does not tell how likely its tokens are',
    });
  }
  return {
    options: {
      task: request.task,
      words: request.words,
      ...(given === undefined ? {} : { language: given }),
      ...among.options,
      ...(scores ? { scores } : {}),
      ...(request.chunking === undefined ? {} : { chunking: request.chunking }),
      ...(prompt !== undefined && info?.canPrompt === true ? { prompt } : {}),
      ...(hotwords === undefined ? {} : { hotwords }),
      ...(decodes ? { decoder } : {}),
    },
    warnings: [...warnings, ...among.warnings, ...unbiased],
  };
}

/** Starts the job on a leased runner; the lease goes when it has ended, failed or was abandoned, the media stay. */
export function startTranscription(
  request: TranscribeRequest,
  model: string,
  options: TranscribeOptions,
  lease: LeasedHost,
  media: OpenedMedia,
  warnings: readonly Warning[],
): Transcription {
  const run = lease.host.transcribe({ source: media.source, options }, request.signal);
  void media.done?.then((error) => run.sourceEnd(error));
  void run.summary.catch(() => {}).finally(() => lease.release());
  return {
    model,
    segments: run.segments as AsyncIterable<Segment>,
    summary: run.summary,
    warnings: [...media.warnings, ...warnings],
  };
}
