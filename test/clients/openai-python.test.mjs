/** The openai SDK for Python, unchanged and pinned, against a real server. VOX_TEST_URL tests a server that runs already. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { NO_MODELS, startServer } from '../e2e/server.mjs';
import { tryPrograms } from './environment.mjs';
import { troubledServer } from './trouble.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);
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

  async function checks(url, env = {}, script = 'openai_checks.py') {
    const { stdout } = await run(join(python.bin, 'python'), [join(here, script)], {
      env: { ...process.env, VOX_TEST_URL: url, VOX_TEST_STT: STT, VOX_TEST_TTS: TTS, ...env },
      maxBuffer: 2 ** 24,
    });
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  async function verify(t, outcomes, atLeast) {
    assert.ok(outcomes.length >= atLeast, `${outcomes.length} checks ran`);
    for (const { name, ok, error, trace } of outcomes) {
      await t.test(name, () => assert.ok(ok, `${error}\n${trace}`));
    }
  }

  it('transcribes, speaks, lists and fails as it expects to', async (t) => {
    const vox = await server();
    try {
      await verify(t, await checks(vox.url), 30);
      await verify(t, await checks(vox.url, {}, 'openai_newer_checks.py'), 2);
    } finally {
      await vox.stop();
    }
  });

  it('raises its own classes when things go wrong', async (t) => {
    const vox = await troubledServer();
    try {
      const env = { VOX_TEST_CLIP: vox.files.clip, VOX_TEST_FATAL: vox.files.fatal };
      await verify(t, await checks(vox.url, env, 'openai_trouble.py'), 9);
    } finally {
      await vox.stop();
    }
  });

  it('is let in by the key, and by nothing else', async (t) => {
    const vox = await startServer({ env: { VOX_API_KEY: 'sesame-1,sesame-2' } });
    try {
      const outcomes = await checks(vox.url, { VOX_TEST_KEY: 'sesame-2', VOX_TEST_WRONG_KEY: '1' });
      await verify(t, outcomes, 2);
    } finally {
      await vox.stop();
    }
  });
});
