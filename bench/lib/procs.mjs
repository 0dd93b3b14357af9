/**
 * Child processes of a benchmark: started on free loopback ports, watched as a tree, stopped by pid. Linux
 * for memory.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A port nobody listens on right now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const started = new Set();
process.on('exit', () => {
  for (const child of started) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

/** Starts a program whose output is kept (the last 4 kB), not shown. */
export function start(command, args, env = {}, cwd = undefined) {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.add(child);
  child.tail = '';
  const keep = (bytes) => {
    child.tail = (child.tail + bytes).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.once('error', (error) => keep(error.message));
  child.gone = new Promise((resolve) => child.once('close', resolve)).then(() => started.delete(child));
  return child;
}

/** SIGTERM, and after `patience` ms SIGKILL. */
export async function stop(child, patience = 8000) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), patience);
  await child.gone;
  clearTimeout(timer);
}

/** Asks a URL until it answers 200; gives the ms since `since`. Fails when the program ends first. */
export async function untilHealthy(
  url,
  child,
  { since = performance.now(), patience = 120000, every = 10 } = {},
) {
  while (performance.now() - since < patience) {
    if (child.exitCode !== null)
      throw new Error(`ended with ${child.exitCode} before ${url} answered:\n${child.tail}`);
    try {
      const reply = await fetch(url, { signal: AbortSignal.timeout(5000) });
      await reply.arrayBuffer();
      if (reply.ok) return performance.now() - since;
    } catch {
      // not listening yet
    }
    await sleep(every);
  }
  throw new Error(`${url} did not answer in ${patience} ms:\n${child.tail}`);
}

function parents() {
  const found = new Map();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
      found.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // ended meanwhile
    }
  }
  return found;
}

/** The pids of a process and everything below it. */
export function tree(pid) {
  const all = parents();
  const pids = [pid];
  for (const at of pids) for (const [child, parent] of all) if (parent === at) pids.push(child);
  return pids;
}

function field(pid, name) {
  try {
    const line = readFileSync(`/proc/${pid}/status`, 'latin1').match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'));
    return line ? Number(line[1]) * 1024 : 0;
  } catch {
    return 0;
  }
}

/** Resident bytes of a tree: [{ pid, bytes }] and the sum, in MB (10^6). */
export function memory(pid) {
  const parts = tree(pid).map((at) => ({ pid: at, mb: field(at, 'VmRSS') / 1e6 }));
  return { mb: parts.reduce((sum, part) => sum + part.mb, 0), parts };
}

/** Kernel ticks a second: USER_HZ of every Linux port in use. */
const TICKS = 100;

/** Processor seconds that a tree has used so far. */
export function cpuSeconds(pid) {
  let ticks = 0;
  for (const at of tree(pid)) {
    try {
      // Behind the name, which may hold spaces: state is the 3rd field, utime the 14th, stime the 15th.
      const fields = readFileSync(`/proc/${at}/stat`, 'latin1').split(') ').at(-1).split(' ');
      ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // Gone meanwhile.
    }
  }
  return ticks / TICKS;
}

/** Samples a tree's memory until told to stop; gives [{ at (ms), mb, of which the root has ownMb }]. */
export function watchMemory(pid, every = 250) {
  const samples = [];
  const since = performance.now();
  const take = () => {
    const { mb, parts } = memory(pid);
    samples.push({ at: performance.now() - since, mb, ownMb: parts[0].mb });
  };
  take();
  const timer = setInterval(take, every);
  return () => {
    clearInterval(timer);
    take();
    return samples;
  };
}

/** Sockets that one process holds, whatever their state. */
export function sockets(pid) {
  let count = 0;
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      if (readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:')) count++;
    } catch {
      // It was closed in the meantime.
    }
  }
  return count;
}
