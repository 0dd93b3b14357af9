/** From native requests to the runtime's words. Pure. */
import { VoxError, type Warning } from '@vox-speech/contract';
import { parseKeepAlive } from '../../runtime/keep-alive.js';
import { parseLanguage } from '../../runtime/languages.js';
import type { SpeakRequest, TranscribeRequest } from '../../runtime/types.js';
import type { SchemaOutput } from '../../schema.js';
import { form } from '../../transport/index.js';
import { fieldOf } from './body.js';
import { SPEECH_FORMATS, type SpeechFormat, type synthesizeSchema } from './schema.js';

export const TRANSCRIPT_FORMATS = ['json', 'text', 'verbose_json'] as const;
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];

export interface TranscribeCommand {
  readonly request: Omit<TranscribeRequest, 'path' | 'signal'>;
  readonly format: TranscriptFormat;
  readonly warnings: readonly Warning[];
}

/** @throws VoxError `invalid_request` naming the field and what is allowed */
export function transcribeCommand(fields: ReadonlyMap<string, readonly string[]>): TranscribeCommand {
  const format = form.choice(fields, 'response_format', TRANSCRIPT_FORMATS, 'json');
  const asked = fieldOf('word_timestamps', form.text(fields, 'word_timestamps'), NO_BOOLEAN, () =>
    form.flag(fields, 'word_timestamps'),
  );
  const words = asked && format === 'verbose_json';
  const language = parseLanguage(form.text(fields, 'language'));
  const temperature = fieldOf('temperature', form.text(fields, 'temperature'), NO_NUMBER, () =>
    form.number(fields, 'temperature', 0, 1),
  );
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
    warnings: asked && !words ? [WORDS_UNSEEN] : [],
  };
}

/** The original's sentences. */
const NO_BOOLEAN = {
  type: 'bool_parsing',
  msg: 'Input should be a valid boolean, unable to interpret input',
};
const NO_NUMBER = { type: 'float_parsing', msg: 'Input should be a valid number from 0 to 1' };

/** The original took it and said nothing. */
const WORDS_UNSEEN: Warning = {
  type: 'unsupported',
  option: 'word_timestamps',
  message: 'only response_format verbose_json carries word times',
};

export interface SynthesizeCommand {
  readonly request: Omit<SpeakRequest, 'signal'>;
  readonly whole: boolean;
}

/**
 * @param maxCharacters longest text that is taken
 * @throws VoxError `invalid_request` naming the field and what is allowed
 */
export function synthesizeCommand(
  given: SchemaOutput<typeof synthesizeSchema>,
  maxCharacters: number,
): SynthesizeCommand {
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
      format: formatOf(given.response_format ?? 'wav'),
      whole,
      ...(language === undefined ? {} : { language }),
      ...(keepAlive === undefined ? {} : { keepAlive }),
    },
    whole,
  };
}

function formatOf(format: string): SpeechFormat {
  const found = SPEECH_FORMATS.find((one) => one === format);
  if (found !== undefined) return found;
  const known = SPEECH_FORMATS.map((one) => `'${one}'`).join(', ');
  throw new VoxError(
    'invalid_request',
    `Unsupported response_format '${format.slice(0, 60)}'. Supported values: [${known}]`,
    { param: 'response_format' },
  );
}
