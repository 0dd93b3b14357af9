/** `POST /v1/listen` for the OpenAPI document; WebSockets have no place there (docs/deepgram-elevenlabs.md). */
import { type FieldSchema, MODEL_ERRORS, type Operation } from '../../transport/index.js';

const TEXT = { type: 'string' };
const FLAG: FieldSchema = { schema: { type: 'boolean' } };

export const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/listen',
    summary: 'Speech to text, as Deepgram answers',
    tag: 'Deepgram',
    query: {
      model: { schema: TEXT, description: 'Empty, or a name of Deepgram’s, is the default.' },
      language: { schema: TEXT, description: 'BCP 47; `multi` or absent is detected.' },
      detect_language: { ...FLAG, description: 'Say which language it was.' },
      punctuate: FLAG,
      smart_format: FLAG,
      utterances: FLAG,
      encoding: { schema: { enum: ['linear16'] }, description: 'Only for samples without a header.' },
      sample_rate: { schema: { type: 'integer', minimum: 8_000, maximum: 192_000 }, description: 'Hz.' },
      channels: { schema: { type: 'integer', minimum: 1, maximum: 64 } },
    },
    file: ['audio/*', 'application/octet-stream'],
    answer: {
      'application/json': {
        type: 'object',
        required: ['metadata', 'results'],
        properties: { metadata: { type: 'object' }, results: { type: 'object' } },
      },
    },
    errors: [...MODEL_ERRORS, 'empty_audio', 'unsupported_media', 'ffmpeg_missing', 'disk_full'],
    failure: {
      type: 'object',
      required: ['err_code', 'err_msg'],
      properties: { err_code: TEXT, err_msg: TEXT },
    },
  },
];
