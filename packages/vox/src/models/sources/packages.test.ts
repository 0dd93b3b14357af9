import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { all } from '../../transport/waiting.test.support.js';
import { Catalog } from '../catalog/index.js';
import { bench, entryOf, sha256 } from '../hub.test.support.js';
import { parseReference } from '../reference.js';
import type { Source } from '../types.js';

/** Whether the machine's registry answers for the package that this test needs. */
function npmAnswers(): boolean {
  const asked = spawnSync('npm', ['view', '@ricky0123/vad-web@0.0.31', 'version'], {
    timeout: 20_000,
    shell: process.platform === 'win32',
  });
  return asked.status === 0;
}

test('silero-vad comes out of its npm package', async (t) => {
  if (!npmAnswers()) return t.skip('npm reaches no registry here');
  const { puller, store } = await bench(t, [new Catalog().get('silero-vad')], { environment: process.env });
  const events = await all(puller.pull('silero-vad:v5', { signal: new AbortController().signal }));
  assert.deepEqual(events.at(-1), { status: 'success' });
  const manifest = await store.get(parseReference('silero-vad:v5'));
  assert.ok(manifest);
  const model = await readFile(join(await store.viewDirectory(manifest), 'silero_vad.onnx'));
  assert.equal(sha256(model), '2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f');
  assert.equal(manifest.origin, 'npm @ricky0123/vad-web@0.0.31');
});

test('without the manager, and for a machine that is not published for, the source is skipped with the reason', async (t) => {
  const archive = { manager: 'npm', name: 'x', version: '1.0.0', size: 10, sha256: '0'.repeat(64) } as const;
  const source: Source = {
    type: 'packages',
    packages: [archive],
    files: [{ as: 'x', paths: ['0:package/x'] }],
  };
  const entries = [entryOf('m:1', [source]), entryOf('other:1', [{ ...source, machine: 'vax-vms' }])];
  const { puller } = await bench(t, entries, { npm: 'no-such-program-anywhere' });
  const pull = (name: string) => all(puller.pull(name, { signal: new AbortController().signal }));
  await assert.rejects(pull('m:1'), {
    code: 'source_failed',
    message: /there is no no-such-program-anywhere/,
  });
  await assert.rejects(pull('other:1'), {
    code: 'source_failed',
    message: /not published for this kind of machine/,
  });
});
