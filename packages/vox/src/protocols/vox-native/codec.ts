/** From native requests to the runtime's words. Pure. */
import { VoxError } from '@vox-speech/contract';
import { parseKeepAlive } from '../../runtime/keep-alive.js';
import { parseLanguage } from '../../runtime/languages.js';
import type { SpeakRequest, TranscribeRequest } from '../../runtime/types.js';
import { form, validate } from '../../transport/index.js';
import { synthesizeSchema } from './schema.js';

export const TRANSCRIPT_FORMATS = ['json', 'text', 'verbose_json'] as const;
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];

export interface TranscribeCommand {
  readonly request: Omit<TranscribeRequest, 'path' | 'signal'>;
  readonly format: TranscriptFormat;
}

/** @throws VoxError `invalid_request` naming the field and what is allowed */
export function transcribeCommand(fields: ReadonlyMap<string, readonly string[]>): TranscribeCommand {
  const format = form.choice(fields, 'response_format', TRANSCRIPT_FORMATS, 'json');
  const words = form.flag(fields, 'word_timestamps');
  if (words && format !== 'verbose_json')
    throw new VoxError(
      'invalid_request',
      `word_timestamps: word times need response_format verbose_json, not ${format}`,
      {
        param: 'word_timestamps',
      },
    );
  const language = parseLanguage(form.text(fields, 'language'));
  const temperature = form.number(fields, 'temperature', 0, 1);
  const keepAlive = parseKeepAlive(form.text(fields, 'keep_alive'));
  return {
    request: {
      model: form.text(fields, 'model') ?? '',
      task: 'transcribe',
      words,
      ...(language === undefined ? {} : { language }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(keepAlive === undefined ? {} : { keepAlive }),
    },
    format,
  };
}

export interface SynthesizeCommand {
  readonly request: Omit<SpeakRequest, 'signal'>;
  readonly whole: boolean;
}

/**
 * @param maxCharacters longest text that is taken
 * @throws VoxError `invalid_request` naming the field and what is allowed
 */
export function synthesizeCommand(body: unknown, maxCharacters: number): SynthesizeCommand {
  const given = validate(synthesizeSchema, body);
  if (given.input.length > maxCharacters)
    throw new VoxError(
      'invalid_request',
      `input has ${given.input.length} characters; at most ${maxCharacters} are taken`,
      {
        param: 'input',
      },
    );
  const language = parseLanguage(given.language);
  const keepAlive = parseKeepAlive(given.keep_alive);
  const whole = given.stream !== true;
  return {
    request: {
      model: given.model ?? '',
      text: given.input,
      voice: given.voice ?? '',
      speed: given.speed ?? 1,
      format: given.response_format ?? 'wav',
      wavHeader: whole ? 'none' : 'stream',
      ...(language === undefined ? {} : { language }),
      ...(keepAlive === undefined ? {} : { keepAlive }),
    },
    whole,
  };
}
