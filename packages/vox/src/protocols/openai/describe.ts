/** OpenAI's audio routes for the OpenAPI document. */
import { HOTWORD_LIMITS } from '../../runtime/hotwords.js';
import { type FieldSchema, MODEL_ERRORS, type Operation, RAW_FIELDS } from '../../transport/index.js';
import { ANSWER_FORMATS, consentNameSchema, MAX_LABEL, SPEECH_FORMATS, speechSchema } from './schema.js';

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
  'keywords[]': {
    schema: {
      type: 'array',
      items: { type: 'string', maxLength: HOTWORD_LIMITS.characters },
      maxItems: HOTWORD_LIMITS.phrases,
    },
    description: 'Words and phrases to expect, where the model takes them; else a warning.',
  },
  response_format: { schema: { enum: [...ANSWER_FORMATS] }, description: 'Default `json`.' },
  temperature: { schema: { type: 'number', minimum: 0, maximum: 1 } },
  'timestamp_granularities[]': GRANULARITIES,
  'include[]': {
    schema: { type: 'array', items: { enum: ['logprobs'] } },
    description: 'With `json`: tokens with their probabilities; a warning where the model gives none.',
  },
  chunking_strategy: {
    schema: {
      anyOf: [
        { const: 'auto' },
        {
          type: 'object',
          required: ['type'],
          additionalProperties: false,
          properties: {
            type: { const: 'server_vad' },
            prefix_padding_ms: { type: 'number', minimum: 0, maximum: 10_000 },
            silence_duration_ms: { type: 'number', minimum: 0, maximum: 10_000 },
            threshold: { type: 'number', minimum: 0, maximum: 1 },
          },
        },
      ],
    },
    description: 'How a long recording is cut: `auto`, or what counts as speech and as a pause.',
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
const LOGPROBS = {
  type: 'array',
  items: {
    type: 'object',
    required: ['token', 'logprob', 'bytes'],
    properties: {
      token: { type: 'string' },
      logprob: { type: 'number', maximum: 0 },
      bytes: { type: 'array', items: { type: 'integer', minimum: 0, maximum: 255 } },
    },
  },
};
const TRANSCRIPT = {
  type: 'object',
  required: ['text', 'usage'],
  properties: {
    text: { type: 'string' },
    usage: USAGE,
    logprobs: LOGPROBS,
    languages: {
      type: 'array',
      items: { type: 'object', required: ['code'], properties: { code: { type: 'string' } } },
    },
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
const HEARING = [...MODEL_ERRORS, 'empty_audio', 'unsupported_media', 'ffmpeg_missing', 'disk_full'] as const;

const CONSENTS = '/v1/audio/voice_consents';
const LABEL = { type: 'string', minLength: 1, maxLength: MAX_LABEL };
const CONSENT = {
  type: 'object',
  required: ['id', 'object', 'created_at', 'language', 'name'],
  properties: {
    id: TEXT,
    object: { const: 'audio.voice_consent' },
    created_at: { type: 'integer' },
    language: TEXT,
    name: TEXT,
  },
};
const consent = (method: Operation['method'], summary: string, more: Partial<Operation> = {}): Operation => ({
  method,
  path: `${CONSENTS}/{id}`,
  summary,
  tag: 'OpenAI',
  answer: { 'application/json': CONSENT },
  errors: ['not_found'],
  ...more,
});
const CONSENT_OPERATIONS: readonly Operation[] = [
  consent('post', 'A recording in which somebody lets their voice be used', {
    path: CONSENTS,
    form: {
      recording: { schema: AUDIO, required: true, description: 'At most 10 MiB.' },
      name: { schema: LABEL, required: true },
      language: { schema: LABEL, required: true, description: 'BCP 47, of what is said in it.' },
    },
    errors: ['empty_audio', 'disk_full'],
  }),
  consent('get', 'Consents, the newest first', {
    path: CONSENTS,
    query: {
      after: { schema: { type: 'string', maxLength: MAX_LABEL }, description: 'Id of the last one seen.' },
      limit: { schema: { type: 'integer', minimum: 1, maximum: 100 }, description: 'Default 20.' },
    },
    answer: {
      'application/json': {
        type: 'object',
        required: ['object', 'data', 'has_more'],
        properties: { object: { const: 'list' }, data: { type: 'array', items: CONSENT } },
      },
    },
    errors: [],
  }),
  consent('get', 'One consent'),
  consent('post', 'Give a consent another name', { json: consentNameSchema }),
  consent('delete', 'Remove a consent; voices made with it stay', {
    answer: {
      'application/json': {
        type: 'object',
        required: ['id', 'object', 'deleted'],
        properties: { id: TEXT, object: { const: 'audio.voice_consent' }, deleted: { const: true } },
      },
    },
  }),
];

export const OPERATIONS: readonly Operation[] = [
  ...CONSENT_OPERATIONS,
  {
    method: 'post',
    path: '/v1/audio/transcriptions',
    summary: 'Speech to text',
    tag: 'OpenAI',
    form: {
      ...HEARD,
      language: { schema: { type: 'string' }, description: 'ISO 639-1 or a name; empty is detected.' },
      'languages[]': {
        schema: { type: 'array', items: { type: 'string' } },
        description: 'Candidates, the likeliest first: ISO 639-1 or names. The answer names what was heard.',
      },
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
    errors: [...MODEL_ERRORS, 'ffmpeg_missing', 'disk_full'],
  },
];
