import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { openUploadDirectory } from './upload-directory.js';

/** Above the largest process id of any system we run on. */
const NOBODY = '999999999';

it('removes what killed servers left behind, and keeps what running ones have', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'vox-uploads-'));
  try {
    for (const name of [NOBODY, String(process.ppid), 'stray']) {
      await mkdir(join(parent, name));
      await writeFile(join(parent, name, 'upload'), 'x');
    }
    const directory = await openUploadDirectory(parent);
    assert.deepEqual((await readdir(parent)).sort(), [String(process.pid), String(process.ppid)].sort());
    await directory.remove();
    assert.deepEqual(await readdir(parent), [String(process.ppid)]);
  } finally {
    await rm(parent, { recursive: true });
  }
});
