/** A real `vox serve` for the end-to-end tests: its own process, on a port of its own, with the models that were pulled. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../../tools/files.mjs';

export const VOX = join(ROOT, 'packages/vox/bin/vox.js');
export const SHARED_AUDIO = join(ROOT, '../shared/audio');

/** Why the tests of real weights can't run here; false when they can. */
export const NO_MODELS = process.env.VOX_TEST_HOME
  ? false
  : 'no model could be pulled (VOX_TEST_HOME is not set)';
export const NO_SHARED_AUDIO = existsSync(SHARED_AUDIO)
  ? false
  : 'no ../shared/audio here: only speech that Piper makes is used';

/** Starts a server and waits until it listens. `stop` ends it as a user would, and waits. */
export async function startServer({
  args = [],
  env = {},
  home = process.env.VOX_TEST_HOME,
  program = VOX,
  cwd = undefined,
} = {}) {
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, VOX_HOME: home, VOX_LOG_FORMAT: 'json', ...env },
  });
  const lines = [];
  const gone = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      const found = /"url":"(http[^"]+)"/.exec(line)?.[1];
      if (found) resolve(found);
    });
    createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
    gone.then(({ code }) => reject(new Error(`vox serve ended with ${code}:\n${lines.join('\n')}`)));
  });
  return {
    url,
    pid: child.pid,
    lines,
    gone,
    /** At once, from a handler of `exit` too. */
    kill: () => child.kill('SIGKILL'),
    async stop() {
      child.kill('SIGTERM');
      return gone;
    },
  };
}

export const jsonBody = (body) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** Speech as WAV bytes, sizes right. */
export async function speak(url, input, fields = {}, key = '') {
  const request = jsonBody({
    model: 'piper:en-us-joe-medium',
    input,
    response_format: 'wav',
    stream: false,
    ...fields,
  });
  const headers = { ...request.headers, ...(key && { authorization: `Bearer ${key}` }) };
  const response = await fetch(`${url}/v1/audio/speech`, { ...request, headers });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return Buffer.from(await response.arrayBuffer());
}

/** A transcription request; fields with an array are repeated, a Blob keeps its type. */
export function upload(
  url,
  bytes,
  fields = {},
  { path = '/v1/audio/transcriptions', name = 'speech.wav', signal } = {},
) {
  const form = new FormData();
  if (bytes !== undefined) form.append('file', bytes instanceof Blob ? bytes : new Blob([bytes]), name);
  for (const [key, value] of Object.entries({ model: 'whisper:tiny.en', ...fields })) {
    for (const one of [value].flat()) form.append(key, String(one));
  }
  return fetch(`${url}${path}`, { method: 'POST', body: form, signal });
}
