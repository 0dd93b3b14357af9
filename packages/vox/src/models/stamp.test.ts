import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { stampOf } from './stamp.js';

test('a stamp changes with every file that comes, goes or is replaced, and is not trusted right after', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'vox-stamp-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'a'));
  const later = Date.now() + 60_000;
  const seen = new Set<string>();
  const changed = async (what: string) => {
    const stamp = await stampOf(folder, later);
    assert.ok(stamp !== undefined && !seen.has(stamp), what);
    assert.equal(await stampOf(folder, later), stamp, 'nothing changed since');
    seen.add(stamp);
  };
  await changed('at first');
  const put = async (path: string) => {
    await writeFile(join(folder, '.new'), 'x');
    await rename(join(folder, '.new'), join(folder, path));
    // As if a second had passed, whatever the step of this disk.
    await utimes(join(folder, 'a'), new Date(), new Date(Date.now() - 5_000 - 1_000 * seen.size));
  };
  await put('a/1.json');
  await changed('a file came');
  await put('a/1.json');
  await changed('it was replaced');
  await mkdir(join(folder, 'b'));
  await changed('a folder came');
  await rm(join(folder, 'b'), { recursive: true });
  assert.equal(await stampOf(folder, Date.now()), undefined, 'too fresh to be trusted');
  assert.notEqual(await stampOf(join(folder, 'none'), later), undefined);
});
