/** The route of client secrets for the OpenAPI document; WebSockets have no place there (docs/realtime.md). */
import type { Operation } from '../../transport/index.js';
import { clientSecretSchema } from './schema.js';

export const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/realtime/client_secrets',
    summary: 'A key for a browser that opens /v1/realtime for a while',
    description:
      '`session` is what `session.update` takes, e.g. `{"type": "transcription", "audio": {"input": {"turn_detection": null}}}`; it holds for every socket that is opened with the key.',
    tag: 'OpenAI',
    json: clientSecretSchema,
    answer: {
      'application/json': {
        type: 'object',
        required: ['value', 'expires_at', 'session'],
        properties: {
          value: { type: 'string', description: '`ek_...`' },
          expires_at: { type: 'integer', description: 'Unix seconds.' },
          session: { type: 'object', description: 'The whole session as it will be.' },
        },
      },
    },
    errors: ['model_unknown', 'model_not_pulled', 'wrong_kind', 'overloaded'],
  },
];
