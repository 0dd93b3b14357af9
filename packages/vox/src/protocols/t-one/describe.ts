/** The original's routes for the OpenAPI document; `/api/ws` has no place there (docs/t-one.md). */
import type { FieldSchema, Operation } from '../../transport/index.js';
import { MODEL_ERRORS, RAW_FIELDS } from '../../transport/index.js';

const TEXT = { type: 'string' };
const NUMBER = { type: 'number' };
const TAG = 'T-one REST wrapper';
const FILE: FieldSchema = { schema: { type: 'string', format: 'binary' }, required: true };
const STATE_ID: FieldSchema = { schema: TEXT, required: true };

const WISHES: Readonly<Record<string, FieldSchema>> = {
  language: { schema: TEXT, description: 'ISO 639-1; `auto` or absent is detected.' },
  model: { schema: TEXT, description: 'Empty is the default.' },
  decoder: {
    schema: { enum: ['greedy', 'beam'] },
    description: 'Of models that have both; others warn. Absent is the usual one of the model.',
  },
};

const PHRASES = {
  type: 'array',
  items: {
    type: 'object',
    required: ['text', 'start_time', 'end_time'],
    properties: {
      text: TEXT,
      start_time: NUMBER,
      end_time: NUMBER,
      confidence: NUMBER,
      words: {
        type: 'array',
        items: {
          type: 'object',
          required: ['text', 'start_time', 'end_time'],
          properties: { text: TEXT, start_time: NUMBER, end_time: NUMBER, confidence: NUMBER },
        },
      },
    },
  },
};

const STATE = {
  'application/json': {
    type: 'object',
    required: ['phrases', 'state_id', 'is_final'],
    properties: {
      phrases: PHRASES,
      state_id: TEXT,
      is_final: { type: 'boolean' },
      partial: TEXT,
      audio_duration: NUMBER,
      seq: { type: 'integer' },
    },
  },
};

const HEARING_ERRORS = [...MODEL_ERRORS, 'unprocessable', 'disk_full'] as const;

const SESSION_ERRORS = [...HEARING_ERRORS, 'not_found', 'conflict', 'store_unavailable'] as const;

export const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/transcribe',
    summary: 'A recording as phrases with their times',
    tag: TAG,
    query: WISHES,
    form: {
      file: FILE,
      return_timestamps: { schema: { type: 'boolean', default: true }, description: 'false = no phrases.' },
      ...RAW_FIELDS,
    },
    answer: {
      'application/json': {
        type: 'object',
        required: ['phrases', 'full_text', 'duration', 'processing_time'],
        properties: {
          phrases: PHRASES,
          full_text: TEXT,
          duration: { ...NUMBER, description: 'The end of the last phrase.' },
          processing_time: NUMBER,
          audio_duration: { ...NUMBER, description: 'Of the recording.' },
          model: TEXT,
          language: TEXT,
        },
      },
    },
    errors: HEARING_ERRORS,
  },
  {
    method: 'post',
    path: '/transcribe/streaming',
    summary: 'Begin a session',
    tag: TAG,
    query: WISHES,
    answer: STATE,
    errors: SESSION_ERRORS,
  },
  {
    method: 'post',
    path: '/transcribe/streaming/chunk',
    summary: 'More audio of a session; answers the phrases that ended',
    tag: TAG,
    form: {
      state_id: STATE_ID,
      file: FILE,
      seq: {
        schema: { type: 'integer', minimum: 0 },
        description: 'Counts chunks from 0, so that one can be sent again.',
      },
      ...RAW_FIELDS,
    },
    answer: STATE,
    errors: SESSION_ERRORS,
  },
  {
    method: 'post',
    path: '/transcribe/streaming/finalize',
    summary: 'End a session; answers all of its phrases',
    tag: TAG,
    form: {
      state_id: STATE_ID,
      new_only: { schema: { type: 'boolean', default: false }, description: 'Only phrases not told yet.' },
    },
    answer: STATE,
    errors: SESSION_ERRORS,
  },
];
