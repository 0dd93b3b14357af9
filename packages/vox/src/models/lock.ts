/**
 * A lock between processes: a file that says who holds it. A holder that died is noticed by its process id (same
 * machine) or by a heartbeat that stopped (another machine or container on a shared folder).
 */
import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { VoxError } from '@vox-speech/contract';
import { createExclusively } from './durable.js';

/** ms between two touches of a held lock. */
const BEAT_MS = 5_000;
/** A lock of another host that was not touched for so long (ms) has no owner. */
const SILENT_MS = 120_000;
/** A lock of a living process on this host that was not touched for so long (ms) belongs to a process id used again. */
const REUSED_MS = 900_000;
/** ms between two looks at a lock that somebody else holds. */
const POLL_MS = 50;
/** The few file calls of a take-over never take so long (ms). */
const TAKEOVER_MS = 10_000;

export interface Lock {
  /** Gives the lock back. Idempotent. */
  release(): Promise<void>;
}

interface Holder {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
}

/**
 * Waits for a lock. `waiting` is called once if somebody else holds it. Throws `cancelled` when the signal aborts.
 */
export async function acquireLock(path: string, signal: AbortSignal, waiting?: () => void): Promise<Lock> {
  const token = randomUUID();
  const content = JSON.stringify({ token, pid: process.pid, host: hostname() } satisfies Holder);
  let told = false;
  for (;;) {
    if (signal.aborted) throw new VoxError('cancelled', 'cancelled while waiting for another process');
    if (await createExclusively(path, content)) return hold(path, token);
    if (await isAbandoned(path)) await takeAway(path);
    else {
      if (!told) waiting?.();
      told = true;
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Runs an action under a lock. */
export async function withLock<T>(path: string, signal: AbortSignal, action: () => Promise<T>): Promise<T> {
  const lock = await acquireLock(path, signal);
  try {
    return await action();
  } finally {
    await lock.release();
  }
}

function hold(path: string, token: string): Lock {
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, BEAT_MS);
  beat.unref();
  let held = true;
  return {
    async release() {
      if (!held) return;
      held = false;
      clearInterval(beat);
      if ((await readHolder(path))?.token === token) await rm(path, { force: true });
    },
  };
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    const holder = value as Partial<Holder> | null;
    if (
      typeof holder?.token === 'string' &&
      typeof holder.pid === 'number' &&
      typeof holder.host === 'string'
    )
      return { token: holder.token, pid: holder.pid, host: holder.host };
  } catch {
    // Gone meanwhile, or not ours: judged by its age below.
  }
  return undefined;
}

async function isAbandoned(path: string): Promise<boolean> {
  const holder = await readHolder(path);
  const age = await stat(path).then(
    (found) => Date.now() - found.mtimeMs,
    () => undefined,
  );
  if (age === undefined) return false;
  if (holder === undefined || holder.host !== hostname()) return age > SILENT_MS;
  return !isAlive(holder.pid) || age > REUSED_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes an abandoned lock. A second lock keeps two finders from removing each other's new one. */
async function takeAway(path: string): Promise<void> {
  const guard = `${path}.takeover`;
  if (!(await createExclusively(guard, ''))) {
    const age = await stat(guard).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    );
    if (age > TAKEOVER_MS) await rm(guard, { force: true });
    await sleep(POLL_MS);
    return;
  }
  try {
    if (await isAbandoned(path)) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}
