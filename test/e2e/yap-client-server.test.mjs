/** `vox client` against this server, with a real voice and a real recogniser: the whole protocol on a laptop's processor. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { NO_MODELS, speak, startServer, VOX } from './server.mjs';

const KEY = 'a-key';
const HEARD = /good morning.* train leaves/i;

describe('vox client against this server', { skip: NO_MODELS }, () => {
  let server;
  let folder;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vox-client-'));
    server = await startServer({
      args: ['--host', '127.0.0.1'],
      env: {
        VOX_COMPAT: 'yap',
        VOXTRAL_API_KEY: KEY,
        VOX_STT_MODEL: 'whisper:base',
        MAX_CONCURRENT_CONNECTIONS: '2',
        WS_IDLE_TIMEOUT_S: '3',
        WS_WATCHDOG_TICK_S: '0.25',
      },
    });
    const said = await speak(server.url, 'Good morning. The train leaves at nine.', {}, KEY);
    await writeFile(join(folder, 'talk.wav'), said);
  });
  after(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs `vox client ARGS --json`. */
  const client = (...args) =>
    new Promise((resolve) => {
      const env = { PATH: process.env.PATH, HOME: folder, VOX_HOST: server.url, VOXTRAL_API_KEY: KEY };
      execFile(
        process.execPath,
        [VOX, 'client', ...args, '--json'],
        { cwd: folder, env },
        (error, out, err) =>
          resolve({ code: error?.code ?? 0, told: out === '' ? undefined : JSON.parse(out), err }),
      );
    });

  it('warmup hears what was said, and is told that the session is there; beside it, idle sees its socket closed', async () => {
    const idle = client('idle', '--idle-timeout', '3', '--grace-period', '5');
    const { code, told, err } = await client('warmup', '--file', 'talk.wav');
    assert.equal(code, 0, err);
    assert.match(told.text, HEARD);
    assert.equal(typeof told.handshakeMs, 'number');
    assert.ok(told.partials > 0);
    assert.deepEqual(told.notes, []);
    assert.equal(typeof told.usage.total_tokens, 'number');
    const closed = await idle;
    assert.deepEqual([closed.code, closed.told.passed, closed.told.reason], [0, true, 'idle_timeout']);
  });

  it('convo hears two utterances on one socket', async () => {
    const { code, told, err } = await client(
      ...['convo', '--file1', 'talk.wav', '--file2', 'talk.wav', '--pause-s', '0.5'],
    );
    assert.equal(code, 0, err);
    assert.equal(told.segments.length, 2);
    for (const { text } of told.segments) assert.match(text, HEARD);
  });

  it('bench counts those beyond the limit as rejected', async () => {
    const { told } = await client('bench', '--file', 'talk.wav', '--n', '3', '--concurrency', '3');
    assert.deepEqual([told.done, told.rejected, told.errors], [2, 1, 0]);
  });

  it('a wrong key is refused: warmup ends with 1, remote with 0', async () => {
    const wrong = ['--file', 'talk.wav', '--voxtral-key', 'wrong'];
    const warmup = await client('warmup', ...wrong);
    assert.equal(warmup.code, 1);
    assert.match(warmup.err, /^Error: authentication_failed: .*VOXTRAL_API_KEY/);
    const remote = await client('remote', ...wrong);
    assert.equal(remote.code, 0);
    assert.match(remote.told.error, /^authentication_failed/);
  });
});
