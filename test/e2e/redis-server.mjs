/** A real Redis of its own for a test: a free port, a temporary folder, ended by its process id. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why the tests of Redis can't run here; false when they can. */
export const NO_REDIS =
  spawnSync('redis-server', ['--version']).status === 0
    ? false
    : 'redis-server is not installed (Debian: apt-get install redis-server)';

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts it. `stop` ends it and keeps its data for `start`; `remove` ends it for good. */
export async function startRedis(args = []) {
  const folder = mkdtempSync(join(tmpdir(), 'vox-redis-'));
  const port = await freePort();
  let child;
  const start = async () => {
    child = spawn(
      'redis-server',
      ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...args],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const output = [];
    child.stderr.on('data', (bytes) => output.push(bytes));
    await new Promise((resolve, reject) => {
      child.stdout.on('data', (bytes) => {
        output.push(bytes);
        if (String(bytes).includes('Ready to accept connections')) resolve();
      });
      child.once('close', (code) => reject(new Error(`redis-server ended with ${code}: ${output.join('')}`)));
    });
  };
  const stop = async (signal = 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    await gone;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}/0`,
    port,
    /** At once, from a handler of `exit` too. */
    kill: () => child.kill('SIGKILL'),
    start,
    stop,
    async remove() {
      await stop('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Bytes that went in and out of a Redis since it began; of those who asked for this too. */
export async function trafficOf(admin) {
  const info = await admin.info('stats');
  const figure = (name) => Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1]);
  return figure('total_net_input_bytes') + figure('total_net_output_bytes');
}
