/** From what the runtime says to Deepgram's messages. Pure. */
import type { LiveEvent, Warning, Word } from '@vox-speech/contract';
import type { CollectedTranscript } from '../../runtime/collect.js';
import { type Identity, type ModelIdentity, modelIdentity } from './identity.js';
import type { ListenParameters, RecordedParameters } from './schema.js';
import { confidenceOf, type RenderedWord, renderText, renderWords, seconds } from './words.js';

export type Message = Readonly<Record<string, unknown>> & { readonly type: string };

type Event<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>;

/** The only channel there is, and how many there are. */
const CHANNEL = [0, 1];

export interface Spoken {
  readonly identity: Identity;
  readonly model: ModelIdentity;
  readonly parameters: Pick<ListenParameters, 'punctuated'>;
}

/** A hypothesis: it may be revised by the next one. Times of its words are not known before the final. */
export function interim(spoken: Spoken, event: Event<'partial'>, warnings: readonly Warning[]): Message {
  return results(spoken, event, [], { is_final: false, speech_final: false, from_finalize: false }, warnings);
}

/** @param speechFinal is the speaker done, as far as the client wants to know? */
export function final(
  spoken: Spoken,
  event: Event<'final'>,
  speechFinal: boolean,
  warnings: readonly Warning[],
): Message {
  const flags = { is_final: true, speech_final: speechFinal, from_finalize: event.reason === 'commit' };
  return results(spoken, event, event.words ?? [], flags, warnings, event.language);
}

function results(
  { identity, model, parameters: { punctuated } }: Spoken,
  { text, startMs, endMs }: Pick<Event<'partial'>, 'text' | 'startMs' | 'endMs'>,
  words: readonly Word[],
  flags: { is_final: boolean; speech_final: boolean; from_finalize: boolean },
  warnings: readonly Warning[],
  language?: string,
): Message {
  return {
    type: 'Results',
    channel_index: CHANNEL,
    duration: seconds(endMs - startMs),
    start: seconds(startMs),
    ...flags,
    channel: {
      alternatives: [
        {
          transcript: renderText(text, punctuated),
          confidence: confidenceOf(words),
          ...(language === undefined ? {} : { languages: [language] }),
          words: renderWords(words, punctuated),
        },
      ],
    },
    metadata: {
      request_id: identity.requestId,
      model_info: model.info,
      model_uuid: model.uuid,
      ...told(warnings),
    },
  };
}

/** Speech began. @param atMs on the stream's clock */
export function speechStarted(atMs: number): Message {
  return { type: 'SpeechStarted', channel: CHANNEL, timestamp: seconds(atMs) };
}

/** No word for a while. @param lastWordEndMs on the stream's clock */
export function utteranceEnd(lastWordEndMs: number): Message {
  return { type: 'UtteranceEnd', channel: CHANNEL, last_word_end: seconds(lastWordEndMs) };
}

/** The last message of a stream. The sound is not hashed. */
export function metadata(
  { identity, model }: Spoken,
  audioMs: number,
  tags: readonly string[],
  warnings: readonly Warning[],
): Message {
  return { type: 'Metadata', ...document(identity, model, audioMs, tags, warnings) };
}

/** What a stream is asked in its midst: words to expect are settled when it opens. */
export function configureFailure({ requestId }: Identity): Message {
  return {
    type: 'ConfigureFailure',
    request_id: requestId,
    code: 'CONFIGURE_KEYTERMS_NOT_SUPPORTED',
    description:
      'a stream keeps the words and features that it was opened with; open another one to change them',
  };
}

function document(
  { requestId, created }: Identity,
  { uuid, info }: ModelIdentity,
  audioMs: number,
  tags: readonly string[],
  warnings: readonly Warning[],
) {
  return {
    transaction_key: 'deprecated',
    request_id: requestId,
    sha256: '',
    created,
    duration: seconds(audioMs),
    channels: 1,
    models: [uuid],
    model_info: { [uuid]: info },
    ...(tags.length === 0 ? {} : { tags }),
    ...told(warnings),
  };
}

/** Warnings as Deepgram has them on a recording; on a stream they are ours. */
function told(warnings: readonly Warning[]) {
  if (warnings.length === 0) return {};
  return {
    warnings: warnings.map(({ type, option = null, message }) => ({
      parameter: option === 'hotwords' ? 'keyterm' : option,
      type,
      message,
    })),
  };
}

/** The answer to a recording. */
export function recording(
  identity: Identity,
  parameters: RecordedParameters,
  { model, segments, text, summary, warnings }: CollectedTranscript,
): Readonly<Record<string, unknown>> {
  const { punctuated } = parameters;
  const words = segments.flatMap((segment) => segment.words ?? []);
  const all = [...parameters.warnings, ...warnings];
  const detected =
    parameters.language === undefined && parameters.detectLanguage ? summary.language : undefined;
  return {
    metadata: document(identity, modelIdentity(model), summary.durationMs, parameters.tags, all),
    results: {
      channels: [
        {
          alternatives: [
            {
              transcript: renderText(text, punctuated),
              confidence: confidenceOf(words),
              words: renderWords(words, punctuated),
            },
          ],
          ...(detected === undefined ? {} : { detected_language: detected }),
        },
      ],
      ...(parameters.utterances ? { utterances: utterances(segments, identity, punctuated) } : {}),
    },
  };
}

function utterances(
  segments: CollectedTranscript['segments'],
  { requestId }: Identity,
  punctuated: boolean,
): readonly (Readonly<Record<string, unknown>> & { readonly words: readonly RenderedWord[] })[] {
  return segments.map(({ text, startMs, endMs, words = [] }, index) => ({
    start: seconds(startMs),
    end: seconds(endMs),
    confidence: confidenceOf(words),
    channel: 0,
    transcript: renderText(text, punctuated),
    words: renderWords(words, punctuated),
    id: `${requestId}-${index}`,
  }));
}
