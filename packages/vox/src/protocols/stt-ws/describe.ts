/** The original's upload route for the OpenAPI document; WebSockets have no place there (docs/live.md). */
import { MODEL_ERRORS, type Operation } from '../../transport/index.js';

const TEXT = { type: 'string' };
const NUMBER = { type: 'number' };

export const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/stt/transcribe',
    summary: 'Speech to text, as the real-time STT server answers',
    tag: 'STT WebSocket server',
    query: {
      language: { schema: TEXT, description: 'ISO 639-1; `auto` or absent is detected.' },
      model: { schema: TEXT, description: 'Empty is the default.' },
    },
    form: {
      file: { schema: { type: 'string', format: 'binary' }, required: true },
      language: { schema: TEXT, description: 'Where the query has none.' },
      model: { schema: TEXT, description: 'Where the query has none.' },
    },
    answer: {
      'application/json': {
        type: 'object',
        required: ['text', 'duration_ms', 'latency_ms'],
        properties: { text: TEXT, duration_ms: NUMBER, latency_ms: NUMBER },
      },
    },
    errors: [...MODEL_ERRORS, 'unprocessable', 'disk_full'],
  },
];
