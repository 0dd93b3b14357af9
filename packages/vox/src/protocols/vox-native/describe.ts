/** Vox's own routes, both generations, for the OpenAPI document. */
import type { ErrorCode } from '@vox-speech/contract';
import {
  type FieldSchema,
  LOOKUP_ERRORS,
  MODEL_ERRORS,
  type Operation,
  RAW_FIELDS,
} from '../../transport/index.js';
import {
  enforceSchema,
  nameSchema,
  pullSchema,
  SPEECH_FORMATS,
  stopSchema,
  synthesizeSchema,
  trimSchema,
} from './schema.js';

const TEXT = { type: 'string' };
const OBJECT = { type: 'object' };
const LIST = {
  type: 'object',
  required: ['models'],
  properties: { models: { type: 'array', items: OBJECT } },
};
const STATUS = { type: 'object', required: ['status'], properties: { status: TEXT } };
const JSON_TYPE = 'application/json';
const WORD: FieldSchema = { schema: { type: 'string', maxLength: 200 } };
const WORK: readonly ErrorCode[] = [...MODEL_ERRORS, 'ffmpeg_missing', 'disk_full'];
/** Bodies with the wrong fields, as the original answers them. */
const FIELDS: readonly ErrorCode[] = ['unprocessable'];
const PULLING: readonly ErrorCode[] = [
  'unprocessable',
  'model_unknown',
  'license_not_accepted',
  'engine_missing',
  'source_failed',
];

const both = (paths: readonly [string, string], operation: Omit<Operation, 'path'>): Operation[] =>
  paths.map((path, index) => ({ ...operation, path, tag: index === 0 ? 'Vox, V1' : 'Vox' }));

const get = (summary: string, answer: Record<string, unknown>, errors: readonly ErrorCode[] = []) => ({
  method: 'get' as const,
  summary,
  tag: 'Vox',
  answer: { [JSON_TYPE]: answer },
  errors,
});

const VOICE_ERRORS: readonly ErrorCode[] = ['not_found'];
const CLONED: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/audio/voices',
    summary: 'A voice of your own, from 1 to 30 s of speech',
    tag: 'Vox',
    form: {
      audio_sample: { schema: { type: 'string', format: 'binary' }, required: true },
      name: { schema: { type: 'string', minLength: 1, maxLength: 200 }, required: true },
      language: WORD,
      gender: WORD,
      reference_text: { schema: TEXT, description: 'What is said in the sample.' },
      consent: {
        schema: TEXT,
        description: "A consent's id (`cons_...`), as OpenAI's clients send it; answered in OpenAI's form.",
      },
    },
    answer: { [JSON_TYPE]: OBJECT },
    errors: [...FIELDS, 'empty_audio', 'unsupported_media', 'ffmpeg_missing', 'disk_full', 'conflict'],
  },
  {
    method: 'delete',
    path: '/v1/audio/voices/{id}',
    summary: 'Remove a voice of your own',
    tag: 'Vox',
    answer: { [JSON_TYPE]: OBJECT },
    errors: VOICE_ERRORS,
  },
  {
    ...get('The sample of a voice of your own', OBJECT, VOICE_ERRORS),
    path: '/v1/audio/voices/{id}/reference',
    answer: { 'audio/wav': { type: 'string', format: 'binary' } },
  },
];

const MEMORY: readonly Operation[] = [
  { ...get('Memory: limits, what is loaded, what may go', OBJECT), path: '/v1/system/memory' },
  {
    method: 'post',
    path: '/v1/system/trim',
    summary: 'Idle models give back what they can spare',
    tag: 'Vox',
    json: trimSchema,
    answer: { [JSON_TYPE]: OBJECT },
    errors: FIELDS,
  },
  {
    method: 'post',
    path: '/v1/system/enforce-memory-budget',
    summary: 'Idle models go until the budget holds, with room for so much more',
    tag: 'Vox',
    json: enforceSchema,
    answer: { [JSON_TYPE]: OBJECT },
    errors: [...FIELDS, 'out_of_memory'],
  },
  {
    method: 'post',
    path: '/v1/models/unload_idle',
    summary: 'Unload what nobody uses',
    tag: 'Vox',
    answer: { [JSON_TYPE]: OBJECT },
    errors: [],
  },
  {
    method: 'post',
    path: '/v1/models/{name}/trim',
    summary: 'One model gives back what it can spare',
    tag: 'Vox',
    answer: { [JSON_TYPE]: OBJECT },
    errors: [...LOOKUP_ERRORS, 'conflict'],
  },
];

export const OPERATIONS: readonly Operation[] = [
  ...['/api/health', '/v1/health', '/readyz'].map((path) => ({ ...get('Is it ready?', STATUS), path })),
  { ...get('Pulled models', LIST), path: '/api/list', tag: 'Vox, V1' },
  { ...get("Pulled models, in OpenAI's shape and Vox's", LIST), path: '/v1/models' },
  ...both(['/api/ps', '/v1/models/loaded'], get('Models in memory', LIST)),
  {
    method: 'post',
    path: '/api/show',
    summary: 'One pulled model',
    tag: 'Vox, V1',
    json: nameSchema,
    answer: { [JSON_TYPE]: OBJECT },
    errors: [...FIELDS, ...LOOKUP_ERRORS],
  },
  { ...get('One pulled model', OBJECT, LOOKUP_ERRORS), path: '/v1/models/{name}' },
  {
    method: 'delete',
    path: '/api/delete',
    summary: 'Remove a pulled model',
    tag: 'Vox, V1',
    json: nameSchema,
    answer: { [JSON_TYPE]: STATUS },
    errors: [...FIELDS, ...LOOKUP_ERRORS, 'conflict'],
  },
  {
    method: 'delete',
    path: '/v1/models/{name}',
    summary: 'Remove a pulled model',
    tag: 'Vox',
    answer: { [JSON_TYPE]: STATUS },
    errors: [...LOOKUP_ERRORS, 'conflict'],
  },
  ...both(['/api/pull', '/v1/models/pull'], {
    method: 'post',
    summary: 'Pull a model; progress as lines of JSON, the last `success` or `error`',
    tag: 'Vox',
    json: pullSchema,
    answer: { 'application/x-ndjson': TEXT },
    errors: PULLING,
  }),
  {
    method: 'post',
    path: '/api/stop',
    summary: 'Unload a model, or all, once their requests are done',
    tag: 'Vox, V1',
    json: stopSchema,
    answer: { [JSON_TYPE]: OBJECT },
    errors: [...FIELDS, ...LOOKUP_ERRORS],
  },
  {
    ...get('Search the catalog', LIST),
    path: '/api/search',
    query: { q: WORD, type: WORD, language: WORD, licence: WORD, license: WORD },
  },
  { ...get('One entry of the catalog', OBJECT, ['model_unknown']), path: '/api/catalog/{name}' },
  {
    method: 'post',
    path: '/api/transcribe',
    summary: 'Speech to text',
    tag: 'Vox, V1',
    form: {
      file: { schema: { type: 'string', format: 'binary' }, required: true },
      ...RAW_FIELDS,
      model: { schema: TEXT, description: 'Empty is the default.' },
      language: { schema: TEXT },
      word_timestamps: { schema: { type: 'boolean' } },
      temperature: { schema: { type: 'number', minimum: 0, maximum: 1 } },
      response_format: { schema: { enum: ['json', 'text', 'verbose_json'] } },
      stream: { schema: { type: 'boolean' }, description: 'As in the original, not read.' },
    },
    answer: { [JSON_TYPE]: OBJECT, 'text/plain': TEXT },
    errors: [...FIELDS, ...WORK, 'empty_audio', 'unsupported_media'],
  },
  {
    method: 'post',
    path: '/api/synthesize',
    summary: 'Text to speech',
    description: `Formats: ${SPEECH_FORMATS.join(', ')}.`,
    tag: 'Vox, V1',
    json: synthesizeSchema,
    answer: Object.fromEntries(
      ['audio/wav', 'audio/L16', 'audio/mpeg', 'audio/ogg', 'audio/aac', 'audio/flac'].map((type) => [
        type,
        { type: 'string', format: 'binary' },
      ]),
    ),
    errors: [...FIELDS, ...WORK],
  },
  ...both(['/api/voices', '/v1/audio/voices'], {
    ...get('Voices of a model, or of every loaded one', OBJECT, [...LOOKUP_ERRORS, 'wrong_kind']),
    query: {
      model: WORD,
      cloned: { schema: TEXT, description: '`true`: only your own.' },
      legacy: { schema: TEXT, description: '`true`: ids alone.' },
    },
  }),
  ...CLONED,
  ...MEMORY,
];
