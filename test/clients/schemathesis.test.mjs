/**
 * schemathesis against `/openapi.json`: no 5xx, no status or content type that the document does not name. The models are
 * the replay engine's, and no source answers, so that a name it makes up fetches nothing. VOX_SCHEMATHESIS_EXAMPLES=80 sends
 * more than two thousand requests.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { replayHome } from '../e2e/replay-home.mjs';
import { startServer } from '../e2e/server.mjs';
import { tryPrograms } from './environment.mjs';

const run = promisify(execFile);
const EXAMPLES = process.env.VOX_SCHEMATHESIS_EXAMPLES ?? '8';
const NOBODY = 'http://127.0.0.1:9';
const CHECKS = 'not_a_server_error,status_code_conformance,content_type_conformance';

const { bin, reason = false } = tryPrograms('schemathesis');

it('the API answers as its document says', { skip: reason }, async (t) => {
  const { home, remove } = replayHome({
    'replay:stt': { kind: 'stt', text: 'heard' },
    'replay:tts': { kind: 'tts', text: 'spoken' },
  });
  const nothing = { HF_ENDPOINT: NOBODY, HF_HUB_OFFLINE: '1', VOX_NPM: '/no/npm', VOX_PYTHON: '/no/python' };
  const server = await startServer({
    home,
    env: { ...nothing, ...(process.env.VOX_TEST_FFMPEG && { VOX_FFMPEG: process.env.VOX_TEST_FFMPEG }) },
  });
  try {
    const flags = ['--max-examples', EXAMPLES, '--checks', CHECKS, '--request-timeout', '20'];
    const { stdout } = await run(
      join(bin, 'schemathesis'),
      ['run', `${server.url}/openapi.json`, ...flags, '--generation-deterministic', '--no-color'],
      { maxBuffer: 2 ** 24, cwd: home },
    ).catch((error) => ({ stdout: `FAILED\n${error.stdout}${error.stderr}` }));
    assert.doesNotMatch(stdout, /^FAILED/, stdout);
    const [, generated, passed] = /(\d+) generated, (\d+) passed/.exec(stdout) ?? assert.fail(stdout);
    t.diagnostic(`${generated} requests`);
    assert.equal(generated, passed);
    assert.ok(Number(generated) > 300, generated);
  } finally {
    await server.stop();
    remove();
  }
});
