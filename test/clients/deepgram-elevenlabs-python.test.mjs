/** deepgram-sdk and elevenlabs for Python, unchanged and pinned, against a real server with a key. */
import { describe, it } from 'node:test';
import { NO_MODELS, startServer } from '../e2e/server.mjs';
import { runChecks, tryPrograms } from './environment.mjs';

describe('the Deepgram and ElevenLabs clients for Python', { skip: NO_MODELS }, () => {
  const python = NO_MODELS ? {} : tryPrograms('deepgram-elevenlabs');
  if (python.reason) return void it('run', { skip: python.reason }, () => {});

  it('listen, speak and fail as they expect to', async (t) => {
    const models = { VOX_STT_MODEL: 'whisper:tiny.en', VOX_TTS_MODEL: 'piper:en-us-joe-medium' };
    const vox = await startServer({ env: { ...models, VOX_API_KEY: 'sesame' } });
    try {
      const env = { VOX_TEST_URL: vox.url, VOX_TEST_KEY: 'sesame' };
      await runChecks(t, python.bin, 'deepgram_elevenlabs_checks.py', { atLeast: 8, env });
    } finally {
      await vox.stop();
    }
  });
});
