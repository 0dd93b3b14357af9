/** Every route, status and body of Vox's first generation, `/api/*` (vox.md 2.1-2.6). */
import { a, detail, fields, form, missing } from './contract-rows.mjs';
import {
  anyBytes,
  CLIP,
  crash,
  isPulled,
  keepBusy,
  listed,
  loadedItem,
  NDJSON,
  shown,
  TEXT,
  timing,
  transcript,
  voice,
  wav,
} from './contract-shapes.mjs';

/** Rows for a server with the replay models at `url`, asked in order. */
export function v1Rows(url) {
  const name = (value) => ({ json: { name: value } });
  const transcribe = (values, more) => ({
    do: 'POST /api/transcribe',
    form: form({ file: CLIP, model: 'replay-stt:one', ...values }),
    ...more,
  });
  const synthesize = (json, more) => ({
    do: 'POST /api/synthesize',
    json: { model: 'replay-tts:one', input: 'Hello there.', ...json },
    ...more,
  });
  const speechHeaders = (format) => ({
    'content-disposition': `attachment; filename=speech.${format}`,
    'x-vox-model': 'replay-tts:one',
  });
  return [
    { do: 'GET /api/health', status: 200, is: { status: 'ok' } },
    {
      do: 'GET /api/health',
      headers: { 'x-request-id': 'mine-1' },
      status: 200,
      has: { 'x-request-id': 'mine-1' },
    },
    { do: 'GET /api/list', status: 200, is: { models: listed } },
    { do: 'GET /api/ps', status: 200, is: { models: [] } },
    { do: 'POST /api/show', ...name('replay-stt:one'), status: 200, is: shown('replay-stt:one') },
    {
      do: 'POST /api/show',
      ...name('nope:x'),
      status: 404,
      is: detail(/^Model 'nope:x' not found in catalog/),
    },
    {
      do: 'POST /api/show',
      ...name('whisper:base'),
      status: 404,
      is: detail(/not found .*vox pull whisper/),
    },
    { do: 'POST /api/show', ...name('../../etc/passwd'), status: 400, is: detail(/not a model name/) },
    { do: 'POST /api/show', json: {}, status: 422, is: fields(missing('name', {})) },
    { do: 'POST /api/show', status: 422, is: fields(missing(undefined, null)) },
    {
      do: 'POST /api/show',
      ...name(5),
      status: 422,
      is: fields({
        type: 'string_type',
        loc: ['body', 'name'],
        msg: 'Input should be a valid string',
        input: 5,
      }),
    },
    {
      do: 'POST /api/show',
      body: '{"name":',
      status: 422,
      is: fields({ type: 'json_invalid', loc: ['body'], msg: a.string, input: {} }),
    },
    { do: 'POST /api/show', ...name('x'.repeat(70_000)), status: 413, is: detail(/larger than/) },
    { do: 'GET /api/show', status: 405, has: { allow: 'POST' }, is: detail(/allowed: POST/) },
    { do: 'GET /api/none', status: 404, is: detail(/no route/) },
    { do: 'DELETE /api/delete', ...name('spare-stt:one'), status: 200, is: { status: 'success' } },
    { do: 'DELETE /api/delete', ...name('spare-stt:one'), status: 404, is: detail(/not found/) },
    { do: 'DELETE /api/delete', ...name('..:x'), status: 400, is: detail(/not a model name/) },
    { do: 'DELETE /api/delete', json: {}, status: 422, is: fields(missing('name', {})) },
    { do: 'POST /api/pull', ...name('mine:one'), status: 200, type: NDJSON, is: isPulled },
    {
      do: 'POST /api/pull',
      ...name('nope:x'),
      status: 404,
      is: { status: 'error', error: a.text(/not found in catalog/), detail: a.text(/not found in catalog/) },
    },
    {
      do: 'POST /api/pull',
      json: {},
      status: 422,
      is: { status: 'error', error: a.string, detail: [missing('name', {})] },
    },
    transcribe({}, { status: 200, is: { ...transcript, ...timing } }),
    transcribe({ response_format: 'text' }, { status: 200, type: TEXT, is: 'hello world' }),
    transcribe(
      { response_format: 'verbose_json', word_timestamps: 'true' },
      {
        status: 200,
        is: {
          ...transcript,
          ...timing,
          segments: [
            {
              text: 'hello world',
              start_ms: 0,
              end_ms: a.positive,
              words: a.each({ word: a.string, start_ms: a.count, end_ms: a.positive, confidence: null }),
            },
          ],
        },
      },
    ),
    transcribe(
      { word_timestamps: 'true', temperature: '0.5' },
      { status: 200, has: { 'x-vox-warning': a.text(/word_timestamps: .*temperature: /) } },
    ),
    transcribe({ model: '', language: 'en' }, { status: 200 }),
    transcribe(
      { response_format: 'srt' },
      { status: 400, is: detail(/response_format must be one of json/) },
    ),
    transcribe(
      { model: 'replay-tts:one' },
      { status: 400, is: detail(/^Model 'replay-tts:one' is not an STT model/) },
    ),
    transcribe({ file: Buffer.alloc(0) }, { status: 400, is: detail(/^No audio data provided/) }),
    transcribe({ language: 'klingon' }, { status: 400, is: detail(/language/) }),
    transcribe({ model: 'nope:x' }, { status: 404, is: detail(/not found in catalog/) }),
    transcribe({ file: Buffer.alloc(3 << 20) }, { status: 413, is: detail(/larger than 1048576 bytes/) }),
    transcribe({ file: Buffer.from('no audio') }, { status: 415, is: detail(/not audio/) }),
    transcribe(
      { word_timestamps: 'maybe' },
      {
        status: 422,
        is: fields({ type: 'bool_parsing', loc: ['body', 'word_timestamps'], msg: a.string, input: 'maybe' }),
      },
    ),
    {
      do: 'POST /api/transcribe',
      form: form({ model: 'x' }),
      status: 422,
      is: fields(missing('file', null)),
    },
    transcribe(
      { model: 'crash-stt:one', file: crash() },
      { status: 500, is: detail(/ended \(exit code 134\)/) },
    ),
    synthesize({}, { status: 200, type: 'audio/wav', has: speechHeaders('wav'), is: wav }),
    synthesize(
      { response_format: 'pcm', stream: true },
      { status: 200, type: 'audio/L16; rate=22050; channels=1', has: speechHeaders('pcm'), is: anyBytes },
    ),
    synthesize(
      { model: 'crash-tts:one', input: 'Bang.' },
      { status: 500, is: detail(/ended \(exit code 134\)/) },
    ),
    synthesize({ input: '  ' }, { status: 400, is: detail(/^No input text provided$/) }),
    synthesize(
      { response_format: 'ogg' },
      { status: 400, is: detail(/^Unsupported response_format 'ogg'. Supported values: \['wav', /) },
    ),
    synthesize({ speed: 9 }, { status: 400, is: detail(/speed must be between/) }),
    synthesize({ voice: 'nobody' }, { status: 400, is: detail(/^Voice 'nobody' not found/) }),
    synthesize({ model: 'replay-stt:one' }, { status: 400, is: detail(/is not a TTS model/) }),
    synthesize({ model: 'nope:x' }, { status: 404, is: detail(/not found in catalog/) }),
    {
      do: 'POST /api/synthesize',
      json: { speed: '1' },
      status: 422,
      is: fields(missing('input', { speed: '1' }), {
        type: 'float_type',
        loc: ['body', 'speed'],
        msg: 'Input should be a valid number',
        input: '1',
      }),
    },
    {
      do: 'GET /api/ps',
      status: 200,
      is: { models: [loadedItem('replay-tts', 'tts'), loadedItem('replay-stt', 'stt')] },
    },
    { do: 'GET /api/voices?model=replay-tts:one', status: 200, is: { voices: [voice('tone', 'Tone')] } },
    {
      do: 'GET /api/voices',
      status: 200,
      is: { voices: [voice('tone', 'Tone', { model: 'replay-tts:one' })] },
    },
    { do: 'GET /api/voices?model=replay-stt:one', status: 400, is: detail(/is not a TTS model/) },
    { do: 'GET /api/voices?model=nope:x', status: 404, is: detail(/not found in catalog/) },
    {
      do: 'DELETE /api/delete',
      ...name('slow-stt:one'),
      before: () => keepBusy(url),
      status: 409,
      is: detail(/^Model 'slow-stt:one' is currently in use$/),
    },
    { do: 'POST /api/stop', ...name('replay-stt:one'), status: 200, is: { unloaded: ['replay-stt:one'] } },
    { do: 'POST /api/stop', json: {}, status: 400, is: detail(/"all": true/) },
    { do: 'GET /api/search?q=whisper&type=stt', status: 200, is: (body) => body.models.length > 3 },
  ];
}
