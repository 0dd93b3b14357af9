import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryHome } from './hub.test.support.js';
import { acquireLock, withLock } from './lock.js';

const forever = () => new AbortController().signal;

test('only one holds a lock at a time, and all get it', async (t) => {
  const path = join(await temporaryHome(t), 'a.lock');
  let inside = 0;
  let rounds = 0;
  await Promise.all(
    Array.from({ length: 12 }, () =>
      withLock(path, forever(), async () => {
        assert.equal(++inside, 1);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
        rounds++;
      }),
    ),
  );
  assert.equal(rounds, 12);
  assert.deepEqual(await readdir(join(path, '..')), []);
});

test('the lock of a dead process is taken over, by one finder only', async (t) => {
  const home = await temporaryHome(t);
  const path = join(home, 'b.lock');
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  await writeFile(path, JSON.stringify({ token: 'x', pid: dead, host: hostname() }));
  let inside = 0;
  await Promise.all(
    Array.from({ length: 6 }, () =>
      withLock(path, forever(), async () => {
        assert.equal(++inside, 1);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
      }),
    ),
  );
  assert.deepEqual(await readdir(home), []);
});

test('a lock of another host counts until its heartbeat has been silent for long', async (t) => {
  const path = join(await temporaryHome(t), 'c.lock');
  await writeFile(path, JSON.stringify({ token: 'x', pid: process.pid, host: 'another-host' }));
  const controller = new AbortController();
  let told = 0;
  const waiting = acquireLock(path, controller.signal, () => {
    told++;
    controller.abort();
  });
  await assert.rejects(waiting, { code: 'cancelled' });
  assert.equal(told, 1);
  const longAgo = new Date(Date.now() - 3_600_000);
  await utimes(path, longAgo, longAgo);
  await (await acquireLock(path, forever())).release();
});
