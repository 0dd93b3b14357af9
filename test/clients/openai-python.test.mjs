/** The openai SDK for Python, unchanged and pinned, against a real server. VOX_TEST_URL tests a server that runs already. */
import { describe, it } from 'node:test';
import { NO_MODELS, startServer } from '../e2e/server.mjs';
import { runChecks, tryPrograms } from './environment.mjs';
import { troubledServer } from './trouble.mjs';

const STT = process.env.VOX_TEST_STT ?? 'whisper:tiny.en';
const TTS = process.env.VOX_TEST_TTS ?? 'piper:en-us-joe-medium';
const NOTHING_TO_TEST = process.env.VOX_TEST_URL ? false : NO_MODELS;

/** The server of VOX_TEST_URL, or one of our own. */
async function server(options) {
  if (process.env.VOX_TEST_URL && !options) return { url: process.env.VOX_TEST_URL, stop: async () => {} };
  return startServer(options);
}

describe('the openai client for Python', { skip: NOTHING_TO_TEST }, () => {
  const python = NOTHING_TO_TEST ? {} : tryPrograms('openai');
  if (python.reason) return void it('runs', { skip: python.reason }, () => {});

  const checks = (t, url, atLeast, env = {}, script = 'openai_checks.py') =>
    runChecks(t, python.bin, script, {
      atLeast,
      env: { VOX_TEST_URL: url, VOX_TEST_STT: STT, VOX_TEST_TTS: TTS, ...env },
    });

  it('transcribes, speaks, lists and fails as it expects to', async (t) => {
    const vox = await server();
    try {
      await checks(t, vox.url, 30);
      await checks(t, vox.url, 2, {}, 'openai_newer_checks.py');
    } finally {
      await vox.stop();
    }
  });

  it('raises its own classes when things go wrong', async (t) => {
    const vox = await troubledServer();
    try {
      const env = { VOX_TEST_CLIP: vox.files.clip, VOX_TEST_FATAL: vox.files.fatal };
      await checks(t, vox.url, 9, env, 'openai_trouble.py');
    } finally {
      await vox.stop();
    }
  });

  it('is let in by the key, and by nothing else', async (t) => {
    const vox = await startServer({ env: { VOX_API_KEY: 'sesame-1,sesame-2' } });
    try {
      await checks(t, vox.url, 2, { VOX_TEST_KEY: 'sesame-2', VOX_TEST_WRONG_KEY: '1' });
    } finally {
      await vox.stop();
    }
  });
});
