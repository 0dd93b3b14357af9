/** deepgram-sdk and elevenlabs for Python, unchanged and pinned, against a real server with a key. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { NO_MODELS, startServer } from '../e2e/server.mjs';
import { tryPrograms } from './environment.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);
const CHECKS = 8;

describe('the Deepgram and ElevenLabs clients for Python', { skip: NO_MODELS }, () => {
  const python = NO_MODELS ? {} : tryPrograms('deepgram-elevenlabs');
  if (python.reason) return void it('run', { skip: python.reason }, () => {});

  it('listen, speak and fail as they expect to', async (t) => {
    const models = { VOX_STT_MODEL: 'whisper:tiny.en', VOX_TTS_MODEL: 'piper:en-us-joe-medium' };
    const vox = await startServer({ env: { ...models, VOX_API_KEY: 'sesame' } });
    try {
      const { stdout } = await run(
        join(python.bin, 'python'),
        [join(here, 'deepgram_elevenlabs_checks.py')],
        { env: { ...process.env, VOX_TEST_URL: vox.url, VOX_TEST_KEY: 'sesame' }, maxBuffer: 2 ** 24 },
      );
      const outcomes = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.equal(outcomes.length, CHECKS);
      for (const { name, ok, error, trace } of outcomes)
        await t.test(name, () => assert.ok(ok, `${error}\n${trace}`));
    } finally {
      await vox.stop();
    }
  });
});
