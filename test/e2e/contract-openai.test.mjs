/**
 * The contract of OpenAI's routes as tables of rows: what is asked, and the exact answer. The models are the replay engine's:
 * they prove shapes and statuses, nothing about speech.
 */
import { test } from 'node:test';
import { troubledServer } from '../clients/trouble.mjs';
import { encodedRows, speechRows, transcriptRows, translationRows } from './contract-openai-rows.mjs';
import { a, fault, form, runRows } from './contract-rows.mjs';
import { aliased, MODELS, openaiModel, shown } from './contract-shapes.mjs';
import { replayHome } from './replay-home.mjs';
import { startServer } from './server.mjs';

const FFMPEG = process.env.VOX_TEST_FFMPEG;
const ARGS = [
  ...['--stt-model', 'replay-stt:one', '--tts-model', 'replay-tts:one'],
  ...['--alias', 'acme/ears=replay-stt:one', '--alias', 'acme/mouth=replay-tts:one,absent=whisper:tiny'],
  ...['--voice-alias', 'boss=nobody', '--voice-alias', 'boss=tone'],
  ...['--max-upload', '1Mi', '--max-text', '2000', '--max-loaded', '8'],
];

async function serve(t, args = ARGS) {
  const { home, remove } = replayHome(MODELS);
  const server = await startServer({ home, args, env: { VOX_FFMPEG: FFMPEG ?? '/nonexistent/ffmpeg' } });
  t.after(async () => {
    await server.stop();
    remove();
  });
  return server.url;
}

test('/v1/audio/transcriptions and translations', async (t) => {
  await runRows(t, await serve(t), [...transcriptRows, ...translationRows]);
});

test('/v1/audio/speech', async (t) => {
  await runRows(t, await serve(t), [...speechRows, ...encodedRows(FFMPEG !== undefined)]);
});

test('/v1/models: both shapes, aliases, ids with a slash and a colon, encoded or not', async (t) => {
  const alias = (name, model) => ({ ...openaiModel(name), root: model });
  const one = (path, id) => ({
    do: `GET /v1/models/${path}`,
    status: 200,
    is: { ...openaiModel(id), ...shown(id) },
  });
  await runRows(t, await serve(t), [
    {
      do: 'GET /v1/models',
      status: 200,
      is: {
        object: 'list',
        data: [
          ...Object.keys(MODELS).map(openaiModel),
          alias('acme/ears', 'replay-stt:one'),
          alias('acme/mouth', 'replay-tts:one'),
          ...aliased('replay-stt:one', 'replay-tts:one'),
        ],
        models: a.each((item) => item.name in MODELS),
      },
    },
    one('replay-stt:one', 'replay-stt:one'),
    one('replay-stt%3Aone', 'replay-stt:one'),
    one('acme/ears', 'acme/ears'),
    one('acme%2Fears', 'acme/ears'),
    one('whisper-1', 'whisper-1'),
    {
      do: 'GET /v1/models/absent',
      status: 404,
      is: fault('model_not_found', /vox pull/, { param: 'model' }),
    },
    { do: 'GET /v1/models/%E0%A4%A', status: 400, is: fault('invalid_request', /percent-encoding/) },
    {
      do: 'DELETE /v1/models/acme%2Fears',
      status: 400,
      is: fault('invalid_request', /acme\/ears/, { param: 'model' }),
    },
  ]);
});

test('401 in every dialect of /v1, whatever is asked', async (t) => {
  const url = await serve(t, ['--api-key', 'sesame']);
  const refused = {
    status: 401,
    has: { 'www-authenticate': 'Bearer' },
    is: fault('invalid_api_key', /^missing or invalid API key$/, { type: 'authentication_error' }),
  };
  const headers = { authorization: 'Bearer wrong' };
  await runRows(t, url, [
    { do: 'GET /v1/models', ...refused },
    { do: 'GET /v1/models', headers, ...refused },
    { do: 'POST /v1/audio/speech', json: { input: 'x' }, headers, ...refused },
    { do: 'POST /v1/audio/transcriptions', form: form({ model: 'x' }), ...refused },
    { do: 'GET /v1/nothing', ...refused },
    { do: 'GET /v1/models', headers: { 'x-api-key': 'sesame' }, status: 200 },
    { do: 'GET /v1/models', headers: { authorization: 'Bearer sesame' }, status: 200 },
  ]);
});

test('429, 500 and 503, with when to ask again', async (t) => {
  const vox = await troubledServer();
  t.after(() => vox.stop());
  const boom = { do: 'POST /v1/audio/speech', json: { model: 'mouth:mortal', input: 'Boom.' } };
  const again = { 'retry-after': (value) => Number(value) >= 1 };
  await runRows(t, vox.url, [
    {
      do: 'POST /v1/audio/transcriptions',
      form: form({ model: 'ears:busy', file: vox.clip }),
      status: 429,
      has: again,
      is: fault('rate_limit_exceeded', /requests run/, { type: 'rate_limit_error' }),
    },
    { ...boom, status: 500, is: fault('runner_crashed', /out of cheese/, { type: 'server_error' }) },
    { ...boom, status: 500, is: fault('runner_crashed', /out of cheese/, { type: 'server_error' }) },
    { ...boom, status: 503, has: again, is: fault('restarting', /./, { type: 'server_error' }) },
  ]);
});
