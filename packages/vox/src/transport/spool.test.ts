import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { spool } from './spool.js';
import { allBytes } from './waiting.test.support.js';

async function* chunks(sizes: readonly number[], error?: Error): AsyncGenerator<Uint8Array, void> {
  for (const [index, size] of sizes.entries()) yield Buffer.alloc(size, index + 1);
  if (error !== undefined) throw error;
}

test('bytes come back as they went in, from memory and from disk, and no file is left', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'vox-spool-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const wanted = Buffer.concat([Buffer.alloc(70_000, 1), Buffer.alloc(0, 2), Buffer.alloc(70_001, 3)]);
  for (const memoryBytes of [1_000_000, 100_000, 0]) {
    const spooled = await spool(chunks([70_000, 0, 70_001]), { directory, memoryBytes });
    assert.equal(spooled.bytes, wanted.length);
    assert.equal((await readdir(directory)).length, memoryBytes === 1_000_000 ? 0 : 1);
    assert.ok(wanted.equals(await allBytes(spooled.read())), `in memory up to ${memoryBytes}`);
    assert.deepEqual(await readdir(directory), []);
  }
  const left = await spool(chunks([10, 10]), { directory, memoryBytes: 5 });
  for await (const _ of left.read()) break;
  assert.deepEqual(await readdir(directory), [], 'a reader that leaves early');
  const unread = await spool(chunks([10, 10]), { directory, memoryBytes: 5 });
  await unread.dispose();
  await unread.dispose();
  assert.deepEqual(await readdir(directory), [], 'never read');
});

test('too much, and a source that fails, leave no file', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'vox-spool-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const code = (wanted: string) => (error: unknown) => VoxError.is(error) && error.code === wanted;
  await assert.rejects(
    spool(chunks([10, 10]), { directory, memoryBytes: 5, maxBytes: 15 }),
    code('too_large'),
  );
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  await assert.rejects(spool(chunks([10, 10], full), { directory, memoryBytes: 5 }), code('disk_full'));
  assert.deepEqual(await readdir(directory), []);
});
