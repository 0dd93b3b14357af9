/** Wyoming's own Python library, unchanged and pinned, against a real server with real weights. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NO_MODELS, speak, startServer } from '../e2e/server.mjs';
import { until } from '../e2e/waiting.mjs';
import { runChecks, tryPrograms } from './environment.mjs';

const STT = process.env.VOX_TEST_STT ?? 'whisper:base';
const OTHER_STT = 'whisper:tiny.en';
const TTS = process.env.VOX_TEST_TTS ?? 'piper:en-us-joe-medium';
const WORDS = 'The quick brown fox jumps over the lazy dog.';

/** The port that the server says it took. */
function wyomingPort(lines) {
  const line = lines.find((text) => text.includes('listening for Wyoming'));
  assert.ok(line, lines.join('\n'));
  return JSON.parse(line).port;
}

describe('the wyoming library for Python', { skip: NO_MODELS }, () => {
  const python = NO_MODELS ? {} : tryPrograms('wyoming');
  if (python.reason) return void it('runs', { skip: python.reason }, () => {});

  it('describes, transcribes and speaks, streaming or not', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'vox-wyoming-'));
    const env = { VOX_STT_MODEL: STT, VOX_TTS_MODEL: TTS, VOX_THREADS: '2' };
    const vox = await startServer({ args: ['--wyoming', '0'], env });
    try {
      const clip = join(folder, 'speech.wav');
      await writeFile(clip, await speak(vox.url, WORDS, { model: TTS, sample_rate: 16_000 }));
      // The line about Wyoming stands before the last one, for which `startServer` waits.
      const port = wyomingPort(vox.lines);
      const checks = { VOX_TEST_PORT: String(port), VOX_TEST_MODELS: [STT, OTHER_STT, TTS].join(',') };
      await runChecks(t, python.bin, 'wyoming_checks.py', { atLeast: 11, args: [clip, WORDS], env: checks });

      // Clients that left keep nothing busy.
      const metrics = async () => (await fetch(`${vox.url}/metrics`)).text();
      const free = async () =>
        /vox_live_streams 0\n/.test(await metrics()) && /vox_wyoming_connections 0\n/.test(await metrics());
      await until('nothing is busy', free);
      const { models } = await (await fetch(`${vox.url}/api/ps`)).json();
      assert.ok(models.length > 0);
    } finally {
      await vox.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
