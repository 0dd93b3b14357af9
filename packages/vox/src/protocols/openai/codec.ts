/** From OpenAI's requests to the runtime's words. Pure. */
import { VoxError, type Warning } from '@vox-speech/contract';
import { readHotwords } from '../../runtime/hotwords.js';
import { parseKeepAlive } from '../../runtime/keep-alive.js';
import { parseLanguage } from '../../runtime/languages.js';
import type { SpeakRequest, TranscribeRequest } from '../../runtime/types.js';
import { form, validate } from '../../transport/index.js';
import { readChunking } from './chunking.js';
import { type DiarizeCommand, readDiarize } from './diarize-request.js';
import { ANSWER_FORMATS, type AnswerFormat, speechSchema, type TranscriptFormat } from './schema.js';

type Fields = ReadonlyMap<string, readonly string[]>;

export interface TranscriptCommand {
  readonly request: Omit<TranscribeRequest, 'path' | 'signal'>;
  readonly format: TranscriptFormat;
  /** Which lists `verbose_json` carries. */
  readonly segments: boolean;
  /** Whether the answer says which languages were heard. */
  readonly languages: boolean;
  /** Answer with events, as segments are decoded. */
  readonly stream: boolean;
  readonly warnings: readonly Warning[];
  /** Tell speakers apart. */
  readonly diarize?: DiarizeCommand;
}

const GRANULARITIES = ['word', 'segment'];
/** The model of upstream whose answers name the languages. */
const TELLS_LANGUAGES = 'gpt-transcribe';
/** Fields that only `diarized_json` reads. */
const KNOWN = ['known_speaker_names', 'known_speaker_references'];

/**
 * The form of a transcription or translation.
 * @throws VoxError `invalid_request` naming the field and what is allowed
 */
export function transcriptCommand(fields: Fields, task: 'transcribe' | 'translate'): TranscriptCommand {
  const format = form.choice(fields, 'response_format', ANSWER_FORMATS, 'json');
  const diarize = format === 'diarized_json' ? readDiarize(fields, task) : undefined;
  const granularities = readGranularities(fields, format);
  const language = task === 'translate' ? undefined : parseLanguage(form.text(fields, 'language'));
  const model = form.text(fields, 'model') ?? '';
  const prompt = form.text(fields, 'prompt');
  const hotwords = readHotwords(form.phrases(fields, 'keywords'), 'keywords');
  const temperature = form.number(fields, 'temperature', 0, 1);
  const keepAlive = parseKeepAlive(form.text(fields, 'keep_alive'));
  const words = granularities.includes('word');
  const stream = form.flag(fields, 'stream');
  const logprobs = readInclude(fields, format);
  const languages =
    task === 'translate' ? [] : form.list(fields, 'languages').flatMap((one) => parseLanguage(one) ?? []);
  const chunking = readChunking(fields);
  if (stream && format !== 'json' && diarize === undefined)
    throw new VoxError(
      'invalid_request',
      `stream: events carry text alone; leave response_format out, or give json or diarized_json, not ${format}`,
      { param: 'stream' },
    );
  return {
    request: {
      model,
      task,
      words,
      ...(language === undefined ? {} : { language }),
      ...(prompt === undefined ? {} : { prompt }),
      ...(hotwords.length === 0 ? {} : { hotwords }),
      ...(languages.length === 0 ? {} : { languages }),
      ...(logprobs ? { scores: true } : {}),
      ...(chunking === undefined ? {} : { chunking }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(keepAlive === undefined ? {} : { keepAlive }),
    },
    format: format === 'diarized_json' ? 'json' : format,
    stream,
    segments: !words || granularities.includes('segment'),
    languages: languages.length > 0 || model === TELLS_LANGUAGES,
    warnings: diarize === undefined ? unread(fields) : [],
    ...(diarize === undefined ? {} : { diarize }),
  };
}

function readGranularities(fields: Fields, format: AnswerFormat): string[] {
  const field = 'timestamp_granularities';
  const granularities = form.list(fields, field);
  const wrong = granularities.find((one) => !GRANULARITIES.includes(one));
  if (wrong !== undefined)
    throw new VoxError(
      'invalid_request',
      `${field} must be word, segment or both; got ${JSON.stringify(wrong.slice(0, 60))}`,
      {
        param: field,
      },
    );
  if (format !== 'verbose_json' && granularities.includes('word'))
    throw new VoxError(
      'invalid_request',
      `${field}: word times need response_format verbose_json, not ${format}`,
      {
        param: field,
      },
    );
  return granularities;
}

/** What else of the transcript is asked for: log probabilities of tokens. */
function readInclude(fields: Fields, format: AnswerFormat): boolean {
  const wanted = form.list(fields, 'include');
  const wrong = wanted.find((one) => one !== 'logprobs');
  if (wrong !== undefined)
    throw new VoxError(
      'invalid_request',
      `include must be logprobs; got ${JSON.stringify(wrong.slice(0, 60))}`,
      { param: 'include' },
    );
  if (wanted.length > 0 && format !== 'json')
    throw new VoxError('invalid_request', `include: logprobs need response_format json, not ${format}`, {
      param: 'include',
    });
  return wanted.length > 0;
}

function unread(fields: Fields): Warning[] {
  const given = (name: string) =>
    [...fields].some(
      ([key, values]) =>
        (key === name || key.startsWith(`${name}[`)) &&
        values.some((value) => !['', 'false', 'auto'].includes(value)),
    );
  return KNOWN.filter(given).map((option) => ({
    type: 'unsupported',
    option,
    message: 'not supported yet; it was not used',
  }));
}

export interface SpeechCommand {
  readonly request: Omit<SpeakRequest, 'signal'>;
  /** Collect the audio first, and answer with its true length. */
  readonly whole: boolean;
  /** Answer with events that carry the audio in base64. */
  readonly events: boolean;
}

/** Names of OpenAI's voice models; their default format is mp3, ours is wav. */
const OPENAI_SPEECH_MODEL = /^(tts-1|tts-1-hd|gpt-4o-mini-tts)(-\d{4}.*)?$/;
/** Hz of OpenAI's `pcm`: clients hard-code it. */
const OPENAI_PCM_RATE = 24_000;

/**
 * The JSON body of a speech request.
 * @param maxCharacters longest text that is taken
 * @throws VoxError `invalid_request` naming the field and what is allowed
 */
export function speechCommand(body: unknown, maxCharacters: number): SpeechCommand {
  const speech = validate(speechSchema, body);
  if (speech.input.length > maxCharacters)
    throw new VoxError(
      'invalid_request',
      `input has ${speech.input.length} characters; at most ${maxCharacters} are taken`,
      {
        param: 'input',
      },
    );
  const parameter = Object.keys(speech.params ?? {})[0];
  if (parameter !== undefined)
    throw new VoxError(
      'invalid_request',
      `params: this model takes no parameter ${JSON.stringify(parameter.slice(0, 60))}`,
      {
        param: 'params',
      },
    );
  const model = speech.model ?? '';
  const format = speech.response_format ?? (OPENAI_SPEECH_MODEL.test(model) ? 'mp3' : 'wav');
  const events = speech.stream_format === 'sse';
  const whole = speech.stream === false && !events;
  const language = parseLanguage(speech.language);
  const keepAlive = parseKeepAlive(speech.keep_alive);
  return {
    request: {
      model,
      text: speech.input,
      voice: (typeof speech.voice === 'object' ? speech.voice?.id : speech.voice) ?? '',
      speed: speech.speed ?? 1,
      format,
      whole,
      ...(speech.instructions ? { instructions: speech.instructions } : {}),
      ...(format === 'pcm' ? { sampleRate: OPENAI_PCM_RATE } : {}),
      ...(language === undefined ? {} : { language }),
      ...(keepAlive === undefined ? {} : { keepAlive }),
    },
    whole,
    events,
  };
}
