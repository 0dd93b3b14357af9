/** From ElevenLabs' requests and messages to the runtime's words. Pure. */
import { VoxError, type Warning } from '@vox-speech/contract';
import { parseLanguage } from '../../runtime/languages.js';
import type { SpeakRequest, SpeakStreamRequest } from '../../runtime/types.js';
import { validate } from '../../transport/index.js';
import { type OutputFormat, readFormat } from './formats.js';
import { messageSchema, type SocketMessage, speechSchema } from './schema.js';

export interface SpeechCommand {
  readonly request: Omit<SpeakRequest, 'signal' | 'voice'>;
  readonly format: OutputFormat['format'];
  readonly warnings: readonly Warning[];
}

/** What there steers a voice, and none of ours. */
const UNOBEYED_SETTINGS = ['stability', 'similarity_boost', 'style', 'use_speaker_boost'];
const UNOBEYED = [
  'seed',
  'previous_text',
  'next_text',
  'previous_request_ids',
  'next_request_ids',
  'pronunciation_dictionary_locators',
  'audio_effects',
];

/**
 * A request for the speech of a whole text.
 * @param target the request's path with its query string
 * @param maxCharacters longest text that is taken
 * @throws VoxError `invalid_request` naming the field and what is allowed
 */
export function speechCommand(target: string, body: unknown, maxCharacters: number): SpeechCommand {
  const speech = validate(speechSchema, body);
  const { text, model_id, language_code, voice_settings } = speech;
  if (text.length > maxCharacters)
    throw new VoxError(
      'invalid_request',
      `text has ${text.length} characters; at most ${maxCharacters} are taken`,
      {
        param: 'text',
      },
    );
  const { format, sampleRate, warnings } = readFormat(queryOf(target).get('output_format') ?? '');
  const language = parseLanguage(language_code);
  return {
    request: {
      model: model_id ?? '',
      text,
      speed: voice_settings?.speed ?? 1,
      format,
      ...(sampleRate === undefined ? {} : { sampleRate }),
      ...(language === undefined ? {} : { language }),
    },
    format,
    warnings: [
      ...warnings,
      ...UNOBEYED.filter((name) => given(speech[name])).map(unused),
      ...unobeyedSettings(voice_settings),
    ],
  };
}

/** What a socket is opened with. */
export interface SocketCommand {
  readonly request: Pick<SpeakStreamRequest, 'model' | 'format' | 'sampleRate' | 'language'>;
  /** A client that says and hears nothing for so long is told to go, in ms. */
  readonly idleMs: number;
  readonly warnings: readonly Warning[];
}

/** Seconds without a message, by ElevenLabs' API reference. */
const IDLE = { usual: 20, most: 180 };

/**
 * @param target the request's path with its query string
 * @throws VoxError `invalid_request` naming the parameter and what is allowed
 */
export function socketCommand(target: string): SocketCommand {
  const query = queryOf(target);
  const { format, sampleRate, warnings } = readFormat(query.get('output_format') ?? '');
  if (format === 'wav')
    throw new VoxError(
      'invalid_request',
      'output_format: a socket carries no WAV; take pcm of the same rate',
      {
        param: 'output_format',
      },
    );
  const language = parseLanguage(query.get('language_code'));
  const idle = Number(query.get('inactivity_timeout') ?? IDLE.usual);
  if (!(idle >= 1 && idle <= IDLE.most))
    throw new VoxError('invalid_request', `inactivity_timeout must be 1 to ${IDLE.most} s`, {
      param: 'inactivity_timeout',
    });
  return {
    request: {
      model: query.get('model_id') ?? '',
      format,
      ...(sampleRate === undefined ? {} : { sampleRate }),
      ...(language === undefined ? {} : { language }),
    },
    idleMs: idle * 1000,
    warnings: [
      ...warnings,
      ...(query.get('enable_ssml_parsing') === 'true' ? [unused('enable_ssml_parsing')] : []),
    ],
  };
}

/** The voice in the path of a request. Throws `invalid_request` for a malformed escape. */
export function voiceOf(target: string): string {
  const path = target.split('?', 1)[0] ?? '';
  try {
    return decodeURIComponent(path.split('/')[3] ?? '');
  } catch {
    throw new VoxError('invalid_request', 'the path holds a malformed percent-encoding');
  }
}

/** A message to a socket. Throws `invalid_request`. */
export function readMessage(text: string): SocketMessage {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new VoxError('invalid_request', 'a message must be a JSON object');
  }
  return validate(messageSchema, body);
}

/** What of `voice_settings` changes nothing here. */
export function unobeyedSettings(settings: Readonly<Record<string, unknown>> | null | undefined): Warning[] {
  if (!UNOBEYED_SETTINGS.some((name) => given(settings?.[name]))) return [];
  const message = 'only speed steers the voices here; the rest was not used';
  return [{ type: 'unsupported', option: 'voice_settings', message }];
}

function unused(option: string): Warning {
  return { type: 'unsupported', option, message: 'not supported; it was not used' };
}

function given(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

function queryOf(target: string): URLSearchParams {
  const at = target.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : target.slice(at + 1));
}
