/** What benchmarks leave on the disk: nothing, however they end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../tools/files.mjs';

/** A benchmark that has laid out a home and goes on. */
const BENCHMARK = `
  import { temporaryFolder } from '${join(ROOT, 'bench/lib/temporary.mjs')}';
  import { toneHome } from '${join(ROOT, 'test/e2e/tone-home.mjs')}';
  const folder = temporaryFolder();
  const { home } = await toneHome();
  console.log(JSON.stringify({ folder, home }));
  if (process.argv[1] !== 'over') setInterval(() => {}, 1_000);
`;

test('a benchmark that is stopped leaves nothing, one that is killed nothing for long', async (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'vox-bench-test-'));
  t.after(() => rmSync(parent, { recursive: true, force: true }));
  const run = async (signal) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', BENCHMARK, signal ?? 'over'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: parent },
    });
    const closed = once(child, 'close');
    const [line] = await once(child.stdout, 'data');
    const { folder, home } = JSON.parse(line);
    assert.ok(home.startsWith(join(folder, 'vox-tone-')), home);
    if (signal) {
      assert.ok(existsSync(home));
      child.kill(signal);
    }
    await closed;
  };
  await run('SIGTERM');
  assert.deepEqual(readdirSync(parent), []);
  await run('SIGKILL');
  assert.equal(readdirSync(parent).length, 1);
  await run();
  assert.deepEqual(readdirSync(parent), []);
});
