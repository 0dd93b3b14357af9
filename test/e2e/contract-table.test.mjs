/**
 * Every route, status and body of Vox's own two generations (vox.md section 2), as tables of rows. The models are the replay
 * engine's: they prove shapes and statuses, nothing about speech. OpenAI's routes have a table of their own.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { detail, fault, form, runRows } from './contract-rows.mjs';
import { CLIP, MODELS, memory, ownCatalog, raw } from './contract-shapes.mjs';
import { v1Rows } from './contract-v1-rows.mjs';
import { v2Rows } from './contract-v2-rows.mjs';
import { consentedVoiceRows, encodedVoiceRows, madeVoiceRows, voiceRows } from './contract-voice-rows.mjs';
import { replayHome } from './replay-home.mjs';
import { jsonBody, startServer } from './server.mjs';

async function serve(t, options) {
  const { home, remove } = replayHome(MODELS);
  ownCatalog(home);
  const server = await startServer({ home, ...options });
  t.after(async () => {
    await server.stop();
    remove();
  });
  return { url: server.url, home };
}

/** Two seconds of a tone as FLAC. */
async function flac(url) {
  const body = { model: 'replay-tts:one', input: 'x'.repeat(200), response_format: 'flac' };
  const answer = await fetch(`${url}/v1/audio/speech`, jsonBody(body));
  return Buffer.from(await answer.arrayBuffer());
}

test('V1: /api', async (t) => {
  const { url } = await serve(t, { args: ['--max-upload', '1Mi'] });
  await runRows(t, url, v1Rows(url));
});

test('V2: /v1, models and memory', async (t) => {
  // No source of weights can be reached, so that a pull fails after it has begun.
  const env = { HF_HUB_OFFLINE: '1', VOX_PYTHON: '/nonexistent/python', VOX_NPM: '/nonexistent/npm' };
  const { url } = await serve(t, { env });
  await runRows(t, url, v2Rows(url));
});

test('V2: /v1, voices made from recordings', async (t) => {
  const ffmpeg = process.env.VOX_TEST_FFMPEG;
  const { url, home } = await serve(t, { env: ffmpeg === undefined ? {} : { VOX_FFMPEG: ffmpeg } });
  // What a crash of the original leaves behind.
  mkdirSync(join(home, 'voices', 'stray'), { recursive: true });
  writeFileSync(join(home, 'voices', 'stray', 'metadata.json'), '{');
  const made = {};
  await runRows(t, url, voiceRows(made));
  await runRows(t, url, madeVoiceRows(made));
  await runRows(t, url, consentedVoiceRows({}));
  if (ffmpeg === undefined) t.diagnostic('no ffmpeg: set VOX_TEST_FFMPEG; encoded recordings were not tried');
  else await runRows(t, url, encodedVoiceRows(await flac(url)));
  // As no client of ours would send it.
  for (const path of ['/v1/audio/voices/%2e%2e', '/v1/audio/voices/..', '/v1/audio/voices/%2e%2e%2f%2e%2e'])
    assert.match(await raw(url, `DELETE ${path}`), /^HTTP\/1\.1 404 /, path);
});

test('507 when nothing fits, 401 without the key, 403 for a stranger', async (t) => {
  const { url } = await serve(t, { args: ['--max-memory', '1Mi', '--api-key', 'k'] });
  const headers = { authorization: 'Bearer k' };
  const full = { status: 507, headers };
  const type = 'server_error';
  await runRows(t, url, [
    {
      do: 'POST /api/transcribe',
      form: form({ file: CLIP, model: 'replay-stt:one' }),
      ...full,
      is: detail(/no room/),
    },
    {
      do: 'POST /api/synthesize',
      json: { model: 'replay-tts:one', input: 'x' },
      ...full,
      is: detail(/no room/),
    },
    {
      do: 'POST /v1/system/enforce-memory-budget',
      json: { additional_vram_bytes: 2 << 20 },
      ...full,
      is: fault('out_of_memory', /budget of 1 MiB has no room/, { type }),
    },
    { do: 'GET /v1/system/memory', headers, status: 200, is: memory([], 1 << 20) },
    { do: 'GET /v1/health', status: 200, is: { status: 'ok' } },
    { do: 'GET /api/list', status: 401, is: detail(/key/) },
    {
      do: 'POST /v1/models/unload_idle',
      status: 401,
      is: fault('invalid_api_key', /key/, { type: 'authentication_error' }),
    },
    {
      do: 'DELETE /v1/audio/voices/x',
      headers: { ...headers, origin: 'https://evil.example' },
      status: 403,
      is: (body) => typeof body.detail === 'string',
    },
  ]);
  assert.match(await raw(url, 'GET /v1/models', 'evil.example'), /^HTTP\/1\.1 403 /);
});
