import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTemporary, removeTemporary } from './temporary.js';

test('a temporary file is made with its folder, for its user only, and removed once or twice', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'vox-temporary-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const directory = join(root, 'a', 'b');
  const made = [await openTemporary(directory, 'upload'), await openTemporary(directory, 'speech', 'wx+')];
  for (const { handle } of made) await handle.close();
  assert.deepEqual((await readdir(directory)).map((name) => name.slice(0, 7)).sort(), ['speech-', 'upload-']);
  for (const { path } of made) {
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await removeTemporary(path);
    await removeTemporary(path);
  }
  assert.deepEqual(await readdir(directory), []);
  const folder = join(root, 'folder');
  await mkdir(folder);
  await assert.rejects(removeTemporary(folder));
});
