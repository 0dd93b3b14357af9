/** Realtime transcription by OpenAI's own clients, unchanged and pinned, over wss with the certificate that the server makes. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nodeFetch } from '../../packages/client/dist/node.js';
import { wordErrors } from '../../tools/words.mjs';
import { NO_MODELS, startServer, VOX } from '../e2e/server.mjs';
import { runChecks, tryPrograms } from './environment.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);
const SENTENCE = 'Please remember to water the plants before you leave the house this evening.';
const KEY = 'sesame';

describe('realtime transcription by the openai clients', { skip: NO_MODELS, concurrency: 2 }, () => {
  const python = NO_MODELS ? {} : tryPrograms('realtime');
  let home;
  let server;
  let env;
  before(async () => {
    // The certificate is made in a home of its own; the models are those of all tests.
    home = mkdtempSync(join(tmpdir(), 'vox-realtime-'));
    symlinkSync(join(process.env.VOX_TEST_HOME, 'models'), join(home, 'models'));
    server = await startServer({ home, env: { VOX_TLS: 'true', VOX_API_KEY: KEY } });
    assert.match(server.url, /^https:/);
    const ca = join(home, 'tls/certificate.pem');
    env = { ...process.env, NODE_EXTRA_CA_CERTS: ca, VOX_HOME: home, VOX_HOST: server.url, VOX_API_KEY: KEY };
    // The command line finds the certificate by itself; the clients of others are told where it is.
    const { NODE_EXTRA_CA_CERTS: _, ...bare } = env;
    const listed = await run(process.execPath, [VOX, 'list'], { env: bare });
    assert.match(listed.stdout, /whisper:tiny\.en/);
    const clip = join(home, 'clip.pcm');
    const spoken = await nodeFetch(
      `${server.url}/v1/audio/speech`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'tts-1', input: SENTENCE, response_format: 'pcm' }),
      },
      { ca: [readFileSync(ca, 'utf8')] },
    );
    writeFileSync(clip, Buffer.from(await spoken.arrayBuffer()));
    Object.assign(env, {
      VOX_TEST_URL: server.url,
      VOX_TEST_CA: ca,
      VOX_TEST_CLIP: clip,
      VOX_TEST_STT: 'whisper:tiny.en',
      VOX_TEST_KEY: KEY,
    });
  });
  after(async () => {
    await server?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it('JavaScript, in real time', async () => {
    const { stdout } = await run(process.execPath, [join(here, 'openai_realtime.mjs')], { env });
    const events = JSON.parse(stdout);
    const completed = events.find(({ type }) => type.endsWith('transcription.completed'));
    const { errors, words } = wordErrors(SENTENCE, completed.transcript);
    assert.ok(errors / words <= 0.1, completed.transcript);
    const deltas = events.filter(({ type }) => type.endsWith('transcription.delta'));
    assert.equal(deltas.map(({ delta }) => delta).join(''), completed.transcript);
    const spelled = Buffer.concat(completed.logprobs.map(({ bytes }) => Buffer.from(bytes))).toString('utf8');
    assert.equal(spelled.trim(), completed.transcript);
    assert.ok(completed.logprobs.every(({ logprob }) => logprob <= 0 && Number.isFinite(logprob)));
    assert.ok(!events.some(({ type }) => type === 'error'));
  });

  it('Python', { skip: python.reason ?? false }, async (t) => {
    await runChecks(t, python.bin, 'openai_realtime.py', { atLeast: 7, env });
  });
});
