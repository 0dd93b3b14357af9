/** ElevenLabs' routes for the OpenAPI document; WebSockets have no place there (docs/deepgram-elevenlabs.md). */
import { MODEL_ERRORS, type Operation } from '../../transport/index.js';
import { speechSchema } from './schema.js';

const TEXT = { type: 'string' };
const AUDIO = { type: 'string', format: 'binary' };
const TAG = 'ElevenLabs';
const FAILURE = {
  type: 'object',
  required: ['detail'],
  properties: {
    detail: {
      type: 'object',
      required: ['status', 'message'],
      properties: { status: TEXT, message: TEXT },
    },
  },
};
const AUDIO_TYPES = {
  'audio/mpeg': AUDIO,
  'audio/L16': AUDIO,
  'audio/wav': AUDIO,
  'audio/ogg': AUDIO,
  'audio/basic': AUDIO,
  'audio/x-alaw-basic': AUDIO,
};
const TIMED = {
  type: 'object',
  required: ['audio_base64', 'alignment', 'normalized_alignment'],
  properties: { audio_base64: TEXT, alignment: { type: 'null' }, normalized_alignment: { type: 'null' } },
};

const form = (path: string, summary: string, answer: Operation['answer']): Operation => ({
  method: 'post',
  path: `/v1/text-to-speech/{voice_id}${path}`,
  summary,
  tag: TAG,
  query: { output_format: { schema: TEXT, description: 'E.g. `mp3_44100_128`, `pcm_24000`, `ulaw_8000`.' } },
  json: speechSchema,
  answer,
  errors: [...MODEL_ERRORS, 'not_found', 'ffmpeg_missing', 'disk_full'],
  failure: FAILURE,
});

export const OPERATIONS: readonly Operation[] = [
  form('', 'Text to speech', AUDIO_TYPES),
  form('/stream', 'Text to speech, as it is made', AUDIO_TYPES),
  form('/with-timestamps', 'Text to speech in JSON', { 'application/json': TIMED }),
  form('/stream/with-timestamps', 'Text to speech in lines of JSON, as it is made', {
    'application/x-ndjson': TEXT,
  }),
  {
    method: 'get',
    path: '/v1/voices',
    summary: 'Voices of the default model',
    tag: TAG,
    answer: {
      'application/json': {
        type: 'object',
        required: ['voices'],
        properties: { voices: { type: 'array', items: { type: 'object', required: ['voice_id', 'name'] } } },
      },
    },
    errors: MODEL_ERRORS,
    failure: FAILURE,
  },
];
