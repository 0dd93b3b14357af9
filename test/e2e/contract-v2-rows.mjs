/** Every route, status and body of Vox's second generation, `/v1/*`: models and memory (vox.md 2.1-2.3). */
import { a, fault, fieldsV2, missing } from './contract-rows.mjs';
import {
  aliased,
  isPulled,
  keepBusy,
  listed,
  loadedItem,
  MODELS,
  memory,
  NDJSON,
  openaiModel,
  shown,
  voice,
} from './contract-shapes.mjs';

/** Rows for a server with the replay models at `url`, asked in order. */
export function v2Rows(url) {
  return [
    { do: 'GET /v1/health', status: 200, is: { status: 'ok' } },
    { do: 'GET /readyz', status: 200, is: { status: 'ok' } },
    { do: 'GET /health', status: 200, is: { status: 'ok' } },
    {
      do: 'GET /v1/models',
      status: 200,
      is: {
        object: 'list',
        data: [...Object.keys(MODELS).map(openaiModel), ...aliased('crash-stt:one', 'clone-tts:one')],
        models: listed,
      },
    },
    {
      do: 'GET /v1/models/replay-stt:one',
      status: 200,
      is: { ...openaiModel('replay-stt:one'), ...shown('replay-stt:one') },
    },
    {
      do: 'GET /v1/models/nope:x',
      status: 404,
      is: fault('model_not_found', /not found in catalog/, { param: 'model' }),
    },
    {
      do: 'GET /v1/models/..%2f..%2f..:secret.json',
      status: 400,
      is: fault('invalid_request', /not a model name/, { param: 'model' }),
    },
    {
      do: 'DELETE /v1/models/spare-tts:one',
      status: 200,
      is: { status: 'success', id: 'spare-tts:one', object: 'model', deleted: true },
    },
    {
      do: 'DELETE /v1/models/spare-tts:one',
      status: 404,
      is: fault('model_not_found', /not found/, { param: 'model' }),
    },
    { do: 'PUT /v1/models', status: 405, is: fault('method_not_allowed', /allowed: GET/) },
    { do: 'GET /v1/none', status: 404, is: fault('not_found', /no route/) },
    {
      do: 'POST /v1/models/pull',
      json: { name: 'silero-vad:v5', variant: 'cuda' },
      status: 200,
      type: NDJSON,
      is: (lines) =>
        lines[0].status === 'pulling silero-vad:v5' &&
        lines[1].status === 'warning' &&
        /variant cuda/.test(lines[1].error) &&
        lines.at(-1).status === 'error' &&
        lines.at(-1).error !== '',
    },
    {
      do: 'POST /v1/models/pull',
      json: { name: 'mine:one' },
      status: 200,
      type: NDJSON,
      is: isPulled,
    },
    {
      do: 'POST /v1/models/pull',
      json: { name: 'mine:closed' },
      status: 403,
      is: (body) => body.error.code === 'license_not_accepted' && body.detail === body.error.message,
    },
    {
      do: 'POST /v1/models/pull',
      json: { name: 'nope:x' },
      status: 404,
      is: fault('model_not_found', /not found in catalog/, { param: 'model' }),
    },
    { do: 'POST /v1/models/pull', json: {}, status: 422, is: fieldsV2('name', missing('name', {})) },
    {
      do: 'POST /v1/models/pull',
      json: { name: 'a b' },
      status: 400,
      is: fault('invalid_request', /not a model name/, { param: 'model' }),
    },
    { do: 'GET /v1/models/loaded', status: 200, is: { models: [] } },
    { do: 'GET /v1/system/memory', status: 200, is: memory([]) },
    { do: 'GET /v1/audio/voices', status: 200, is: { voices: [] } },
    {
      do: 'GET /v1/audio/voices?model=replay-tts:one',
      status: 200,
      is: { voices: [voice('tone', 'Tone')] },
    },
    {
      do: 'GET /v1/audio/voices?model=replay-stt:one',
      status: 400,
      is: fault('wrong_kind', /is not a TTS model/, { param: 'model' }),
    },
    {
      do: 'GET /v1/audio/voices?model=nope:x',
      status: 404,
      is: fault('model_not_found', /not found/, { param: 'model' }),
    },

    {
      do: 'POST /api/synthesize',
      json: { model: 'replay-tts:one', input: 'x' },
      status: 200,
      type: 'audio/wav',
    },
    {
      do: 'GET /v1/models/loaded',
      status: 200,
      is: { models: [loadedItem('replay-tts', 'tts')] },
    },
    { do: 'GET /v1/system/memory', status: 200, is: memory([loadedItem('replay-tts', 'tts')]) },
    {
      do: 'GET /v1/system/memory',
      before: () => keepBusy(url),
      status: 200,
      is: memory([loadedItem('slow-stt', 'stt', 1), loadedItem('replay-tts', 'tts')]),
    },
    {
      do: 'GET /v1/audio/voices',
      status: 200,
      is: { voices: [voice('tone', 'Tone', { model: 'replay-tts:one' })] },
    },
    {
      do: 'POST /v1/models/replay-tts:one/trim',
      status: 200,
      is: { status: 'success', freed_bytes: a.count },
    },
    {
      do: 'POST /v1/models/clone-tts:one/trim',
      status: 409,
      is: fault('conflict', /^Model 'clone-tts:one' is not loaded$/),
    },
    {
      do: 'POST /v1/models/slow-stt:one/trim',
      before: () => keepBusy(url),
      status: 409,
      is: fault('conflict', /currently in use$/),
    },
    {
      do: 'DELETE /v1/models/slow-stt:one',
      before: () => keepBusy(url),
      status: 409,
      is: fault('conflict', /^Model 'slow-stt:one' is currently in use$/),
    },
    {
      do: 'POST /v1/models/nope:x/trim',
      status: 404,
      is: fault('model_not_found', /not found/, { param: 'model' }),
    },
    {
      do: 'POST /v1/system/trim',
      json: { min_idle_seconds: 3600 },
      status: 200,
      is: (body) => body.trimmed.length === 0 && body.memory.models.length === 2,
    },
    {
      do: 'POST /v1/system/trim',
      status: 200,
      is: (body) => Array.isArray(body.trimmed) && Object.keys(body).join() === 'trimmed,memory',
    },
    {
      do: 'POST /v1/system/trim',
      json: { min_idle_seconds: 'soon' },
      status: 422,
      is: fieldsV2('min_idle_seconds', {
        type: 'float_type',
        loc: ['body', 'min_idle_seconds'],
        msg: 'Input should be a valid number',
        input: 'soon',
      }),
    },
    {
      do: 'POST /v1/system/enforce-memory-budget',
      json: { additional_vram_bytes: 1 },
      status: 200,
      is: (body) => body.status === 'ok' && Object.keys(body).join() === 'status,memory',
    },
    {
      do: 'POST /v1/system/enforce-memory-budget',
      json: { additional_vram_bytes: 1.5 },
      status: 422,
      is: (body) => body.detail[0].type === 'int_type',
    },
    {
      do: 'POST /v1/models/unload_idle',
      status: 200,
      is: (body) =>
        body.unloaded.sort().join() === 'replay-tts:one,slow-stt:one' && body.memory.models.length === 0,
    },
    { do: 'POST /v1/models/unload_idle', status: 200, is: { unloaded: [], memory: memory([]) } },
  ];
}
