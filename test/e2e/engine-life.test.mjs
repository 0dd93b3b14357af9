/** `vox engine` with the stand-in for vLLM on the PATH: started by its record, asked over vLLM's realtime wire, stopped. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../packages/vox/bin/vox.js', import.meta.url));
const STAND_IN = fileURLToPath(new URL('../stand-ins/vllm/main.mjs', import.meta.url));
const MODEL = 'voxtral-stt:realtime-4b';
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vox-engine-life-'));
  const script = `#!/bin/sh\nexec '${process.execPath}' '${STAND_IN}' "$@" --engine replay --text 'the stand-in says this'\n`;
  await writeFile(join(folder, 'vllm'), script);
  await chmod(join(folder, 'vllm'), 0o755);
});

after(async () => {
  await engine('stop', '--all');
  await rm(folder, { recursive: true, force: true });
});

async function engine(...args) {
  const child = spawn(process.execPath, [PROGRAM, 'engine', ...args], {
    cwd: folder,
    env: {
      HOME: folder,
      VOX_HOME: join(folder, 'home'),
      PATH: [folder, dirname(process.execPath), '/bin', '/usr/bin'].join(':'),
    },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (part) => {
    out += part;
  });
  child.stderr.on('data', (part) => {
    err += part;
  });
  const [code] = await once(child, 'close');
  return { code, out, err };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

test('an engine is started, warmed up with two utterances, and stopped', async () => {
  const started = await engine('start', MODEL, '--port', String(await freePort()), '--json');
  assert.equal(started.code, 0, started.err);
  const { healthy, served } = JSON.parse(started.out);
  assert.deepEqual([healthy, served], [true, 'mistralai/Voxtral-Mini-4B-Realtime-2602']);
  const warm = await engine('warmup', '--json');
  assert.equal(warm.code, 0, warm.err);
  const { requests } = JSON.parse(warm.out);
  assert.equal(requests.length, 2);
  for (const { text, readyMs, firstMs, totalMs } of requests) {
    assert.equal(text.trim(), 'the stand-in says this');
    assert.ok(readyMs <= firstMs && firstMs <= totalMs, `${readyMs} ${firstMs} ${totalMs}`);
  }
  assert.match((await engine('stop')).out, /^voxtral-stt:realtime-4b: stopped\n$/);
  const gone = await engine('warmup');
  assert.deepEqual([gone.code, gone.out], [2, '']);
});
