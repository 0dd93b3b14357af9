/** OpenAI's audio routes for the OpenAPI document. */
import { type FieldSchema, type Operation, RAW_FIELDS } from '../../transport/index.js';
import { ANSWER_FORMATS, SPEECH_FORMATS, speechSchema } from './schema.js';

const FILE: FieldSchema = {
  schema: { type: 'string', format: 'binary' },
  required: true,
  description: 'Sound in any common format, or a video with sound; told apart by its content.',
};
const MODEL: FieldSchema = {
  schema: { type: 'string' },
  description: 'A pulled model (`whisper:base`), or an alias (`whisper-1`); empty is the default.',
};
const KEEP_ALIVE: FieldSchema = {
  schema: { type: 'string' },
  description: 'How long the model stays loaded: seconds, `5m`, 0, -1.',
};
const GRANULARITIES: FieldSchema = {
  schema: { type: 'array', items: { enum: ['word', 'segment'] } },
  description: 'With `verbose_json`: which lists the answer has.',
};
const HEARD: Record<string, FieldSchema> = {
  file: FILE,
  ...RAW_FIELDS,
  model: MODEL,
  prompt: { schema: { type: 'string' }, description: 'Words to expect, where the model takes them.' },
  response_format: { schema: { enum: [...ANSWER_FORMATS] }, description: 'Default `json`.' },
  temperature: { schema: { type: 'number', minimum: 0, maximum: 1 } },
  'timestamp_granularities[]': GRANULARITIES,
  'include[]': {
    schema: { type: 'array', items: { enum: ['logprobs'] } },
    description: 'With `json`; answered with a warning where the model gives none.',
  },
  'known_speaker_names[]': {
    schema: { type: 'array', items: { type: 'string' }, maxItems: 4 },
    description: 'With `diarized_json`: names of speakers whose voice is sent along.',
  },
  'known_speaker_references[]': {
    schema: { type: 'array', items: { type: 'string' }, maxItems: 4 },
    description: 'Their recordings, 2 to 10 s each, as data URLs.',
  },
  diarize_by: {
    schema: { enum: ['auto', 'channel', 'voice'] },
    description: 'With `diarized_json`: default `auto`, by channel where channels carry different voices.',
  },
  stream: { schema: { type: 'boolean' }, description: 'Answer with events, as segments are decoded.' },
  keep_alive: KEEP_ALIVE,
};

const USAGE = {
  type: 'object',
  required: ['type', 'seconds'],
  properties: { type: { const: 'duration' }, seconds: { type: 'integer' } },
};
const WARNINGS = {
  type: 'array',
  description: 'What of the request was not met; absent where all was.',
  items: {
    type: 'object',
    required: ['type', 'message'],
    properties: {
      type: { enum: ['unsupported', 'adjusted', 'other'] },
      option: { type: 'string' },
      message: { type: 'string' },
    },
  },
};
const TRANSCRIPT = {
  type: 'object',
  required: ['text', 'usage'],
  properties: {
    text: { type: 'string' },
    usage: USAGE,
    task: { type: 'string' },
    language: { type: 'string' },
    duration: { type: 'number' },
    segments: { type: 'array' },
    words: { type: 'array' },
    model: { type: 'string' },
    processing_ms: { type: 'integer' },
    warnings: WARNINGS,
  },
};
const TEXT = { type: 'string' };
const TRANSCRIPTS = {
  'application/json': TRANSCRIPT,
  'text/plain': TEXT,
  'text/vtt': TEXT,
  'text/event-stream': TEXT,
};
const AUDIO = { type: 'string', format: 'binary' };
/** What work on a model may meet. */
const WORK = [
  'wrong_kind',
  'model_unknown',
  'model_not_pulled',
  'overloaded',
  'out_of_memory',
  'restarting',
  'runner_crashed',
  'model_broken',
  'engine_missing',
] as const;
const HEARING = [...WORK, 'empty_audio', 'unsupported_media', 'ffmpeg_missing', 'disk_full'] as const;

export const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/audio/transcriptions',
    summary: 'Speech to text',
    tag: 'OpenAI',
    form: {
      ...HEARD,
      language: { schema: { type: 'string' }, description: 'ISO 639-1 or a name; empty is detected.' },
    },
    answer: TRANSCRIPTS,
    errors: HEARING,
  },
  {
    method: 'post',
    path: '/v1/audio/translations',
    summary: 'Speech in any language to English text',
    tag: 'OpenAI',
    form: HEARD,
    answer: TRANSCRIPTS,
    errors: HEARING,
  },
  {
    method: 'post',
    path: '/v1/audio/speech',
    summary: 'Text to speech',
    description: `Leaves as it is made. Formats: ${SPEECH_FORMATS.join(', ')}.`,
    tag: 'OpenAI',
    json: speechSchema,
    answer: {
      'audio/wav': AUDIO,
      'audio/L16': AUDIO,
      'audio/mpeg': AUDIO,
      'audio/ogg': AUDIO,
      'audio/aac': AUDIO,
      'audio/flac': AUDIO,
      'text/event-stream': TEXT,
    },
    errors: [...WORK, 'ffmpeg_missing', 'disk_full'],
  },
];
