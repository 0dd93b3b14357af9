/** An engine's life, with a fake vllm (vllm.test.support.ts): real processes, groups, signals and logs; no model and no GPU. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, markedProcesses, processesOf } from './identity.js';
import type { Plan } from './plan.js';
import { type EngineRecord, isAlive, Records } from './record.js';
import { type StartOptions, startEngine } from './start.js';
import { engineStatuses } from './status.js';
import { stopEngine } from './stop.js';
import { fakeSmi, fakeVllm, freePort, lives } from './vllm.test.support.js';

let folder = '';
const signal = new AbortController().signal;
const started: EngineRecord[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vox-vllm-life-'));
});

afterEach(async () => {
  for (const record of started.splice(0)) await stopEngine(record, folder, context());
  await rm(folder, { recursive: true, force: true });
});

const context = () => ({ environment: { PATH: `${folder}:${process.env.PATH ?? ''}` }, signal });

async function planOf(served = 'org/fake', port?: number): Promise<Plan> {
  const program = await fakeVllm(folder);
  const free = port ?? (await freePort());
  return {
    model: {
      reference: 'fake:1',
      wire: 'vllm-realtime',
      served,
      port: 8000,
      options: [],
      omni: false,
      gpus: 1,
    },
    command: [program, 'serve', served, '--port', String(free)],
    variables: { VLLM_DISABLE_COMPILE_CACHE: '1' },
    url: `http://127.0.0.1:${free}`,
    port: free,
    served,
    warnings: [],
    tuning: 'none',
  };
}

async function start(plan: Plan, more: Partial<StartOptions> = {}) {
  return startEngine({
    ...context(),
    plan,
    home: folder,
    logFolder: join(folder, 'logs'),
    healthSeconds: 20,
    flags: {},
    onStarted: (record) => started.push(record),
    onWait: () => undefined,
    ...more,
  });
}

test('it starts in a group of its own, without our keys, says its health, and a second start is refused', async () => {
  const plan = await planOf();
  const environment = { ...context().environment, VOX_API_KEY: 'secret', VOXTRAL_API_KEY: 'secret' };
  const { record, healthy } = await start(plan, { environment });
  assert.equal(healthy, true);
  assert.ok((await processesOf(record.pid)).includes(record.pid) || process.platform !== 'linux');
  const log = await readFile(record.log, 'utf8');
  assert.match(log, /^--- vox engine: .* serve org\/fake --port \d+\nfake vllm: .*"eager":"1","key":null/);
  await fakeSmi(folder, '', '12.8', `${record.pid}, 5000\n1, 7000`);
  const [status] = await engineStatuses(folder, context(), Date.parse(record.startedAt) + 61_000);
  assert.deepEqual([status?.status, status?.uptime, status?.pid], ['healthy', 61, record.pid]);
  if (process.platform === 'linux') assert.equal(status?.gpuMemory, 5000 * 1024 * 1024);
  await assert.rejects(start(plan), { code: 'conflict', message: /fake:1 runs already \(process \d+/ });
  assert.equal(await stopEngine(record, folder, context()), 'stopped');
  assert.equal(await lives(record.pid), false);
  assert.equal(await lives(record.keeper?.pid ?? 0), false, 'what trimmed the log has ended too');
  assert.deepEqual(await engineStatuses(folder, context()), []);
});

test('one that dies at its start is quoted, and forgotten', async () => {
  await assert.rejects(start(await planOf('org/crash')), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'upstream_failed');
    assert.match(error.message, /^vLLM ended with exit code 3 before it was healthy\./);
    assert.match(error.message, /\nline 30\nValueError: no room for the KV cache$/);
    assert.ok(!error.message.includes('line 5\n'), 'only the last lines');
    return true;
  });
  assert.deepEqual(await new Records(folder).all(), []);
});

test('one that is not healthy in time goes on, and is stopped by its record', async () => {
  await assert.rejects(start(await planOf('org/slow'), { healthSeconds: 1 }), {
    code: 'timeout',
    message: /not healthy after 1 s; it goes on/,
  });
  const [status] = await engineStatuses(folder, context());
  assert.equal(status?.status, 'starting');
});

test('an abort while it is waited for leaves it running', async () => {
  const abort = new AbortController();
  const plan = await planOf('org/slow');
  await assert.rejects(
    start(plan, { signal: abort.signal, onWait: () => abort.abort(new Error('Ctrl-C')) }),
    /Ctrl-C/,
  );
  const [record] = await new Records(folder).all();
  assert.equal(record !== undefined && (await isAlive(record)), true);
});

test('a program that is not there says what to install', async () => {
  const plan = await planOf();
  const missing = { ...plan, command: ['vllm-that-is-not-there', 'serve'] };
  await assert.rejects(start(missing), {
    code: 'engine_missing',
    message: /vllm-that-is-not-there: is not on PATH\. Install vLLM/,
  });
});

test("a port that another program holds is not taken for the engine's", async (t) => {
  const stranger = createServer();
  stranger.listen(0, '127.0.0.1');
  await once(stranger, 'listening');
  t.after(() => stranger.close());
  const { port } = stranger.address() as { port: number };
  await assert.rejects(start(await planOf('org/fake', port)), {
    code: 'conflict',
    message: /port \d+ is taken by another program/,
  });
});

test('a process id that another process has by now is left alone', async (t) => {
  const stranger = spawn('sleep', ['60'], { detached: true });
  t.after(() => stranger.kill('SIGKILL'));
  await once(stranger, 'spawn');
  // Two that start within one tick of the kernel's clock, 10 ms, are not told apart by it.
  await sleep(50);
  const { record } = await start(await planOf());
  await stopEngine(record, folder, context());
  const pid = stranger.pid ?? 0;
  const stale = { ...record, pid };
  await new Records(folder).write(stale);
  const [status] = await engineStatuses(folder, context());
  assert.equal(status?.status, 'gone');
  assert.equal(await stopEngine(stale, folder, context()), 'not running');
  assert.equal(await lives(pid), true);
  assert.notEqual(await identityOf(pid), record.identity);
  assert.deepEqual(await new Records(folder).all(), [], 'and the record is gone');
});

test('a stale record does not keep it from starting', async () => {
  const { record } = await start(await planOf());
  process.kill(-record.pid, 'SIGKILL');
  while (await lives(record.pid)) await sleep(10);
  const again = await start(await planOf());
  assert.notEqual(again.record.pid, record.pid);
});

test('what its first process left behind is found by its mark', {
  skip: process.platform !== 'linux' && 'reads /proc',
}, async () => {
  const plan = await planOf();
  // A leader that leaves a worker in its group, as vLLM does where it is killed.
  const script = 'sleep 300 & echo worker $!; exec "$0" "$@"';
  const { record } = await start({ ...plan, command: ['sh', '-c', script, ...plan.command] });
  const worker = Number(/^worker (\d+)$/m.exec(await readFile(record.log, 'utf8'))?.[1]);
  process.kill(record.pid, 'SIGKILL');
  while (await lives(record.pid)) await sleep(10);
  assert.equal(await lives(worker), true);
  assert.deepEqual((await markedProcesses(record.pid, 'another mark')).length, 0);
  assert.equal(await stopEngine(record, folder, context()), 'stopped');
  assert.equal(await lives(worker), false);
});
