/**
 * The services of livekit-agents and pipecat-ai, unchanged and pinned, against a real server: what of them runs without a
 * room and without a network. Outside CI, since the two environments take minutes to install.
 *
 *     node test/livekit-pipecat/run.mjs [livekit | pipecat]
 *
 * VOX_TEST_HOME must hold whisper:base (or the model of VOX_TEST_STT) and the Piper voice.
 */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { programs } from '../clients/environment.mjs';
import { NO_MODELS, startServer } from '../e2e/server.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);
const KEY = 'sesame';
const clients = process.argv.length > 2 ? process.argv.slice(2) : ['livekit', 'pipecat'];

if (NO_MODELS) throw new Error(NO_MODELS);
const server = await startServer({
  env: {
    VOX_API_KEY: KEY,
    VOX_STT_MODEL: process.env.VOX_TEST_STT ?? 'whisper:base',
    VOX_TTS_MODEL: 'piper:en-us-joe-medium',
  },
});
let failed = 0;
try {
  for (const client of clients) {
    const { stdout } = await run(join(programs(client), 'python'), [join(here, `${client}_checks.py`)], {
      // Telemetry has nowhere to go.
      env: { ...process.env, VOX_TEST_URL: server.url, VOX_TEST_KEY: KEY, OTEL_SDK_DISABLED: 'true' },
      maxBuffer: 2 ** 24,
      timeout: 600_000,
    });
    for (const line of stdout.split('\n').filter((one) => one.startsWith('{'))) {
      const { name, ok, note = '', skipped, error, trace } = JSON.parse(line);
      if (!ok) failed += 1;
      console.log(
        `${client} ${name}: ${skipped ? `skipped, ${skipped}` : ok ? `ok ${note}`.trim() : `FAILED ${error}\n${trace}`}`,
      );
    }
  }
} finally {
  await server.stop();
}
process.exitCode = failed > 0 ? 1 : 0;
