/** What the program says to wrong use, and to who asks for help. No server is asked. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runProgram } from './program.test.support.js';

const folder = await mkdtemp(join(tmpdir(), 'vox-usage-'));
after(() => rm(folder, { recursive: true, force: true }));

const vox = (args: readonly string[]) =>
  runProgram(args, { cwd: folder, env: { VOX_HOST: 'http://127.0.0.1:1' } });

test('wrong use of the command line is exit 2; help and version are exit 0', async () => {
  for (const args of [
    ['lisst'],
    ['help', 'lisst'],
    ['run'],
    ['pull'],
    ['list', '--nope'],
    ['--host', 'ftp://x', 'list'],
  ]) {
    const { code, out, err } = await vox(args);
    assert.equal(code, 2, args.join(' '));
    assert.notEqual(err, '');
    assert.equal(out, '');
  }
  assert.equal(
    (await vox(['serve', '--port', 'x'])).err,
    'Error: --port x: expected a whole number from 0 to 65535\n',
  );
  assert.match((await vox(['help', 'lisst'])).err, /unknown command 'lisst'\n\(Did you mean list\?\)/);
  for (const args of [
    ['bench', 'live', 'none.wav'],
    ['stream-transcribe', 'x', 'none.wav'],
  ]) {
    const { code, err } = await vox(args);
    assert.deepEqual([code, err], [2, 'Error: no such file: none.wav\n'], args.join(' '));
  }
  assert.match((await vox(['--version'])).out, /^\d+\.\d+\.\d+\n$/);
  const all = 'serve pull list show rm ps stop logs run voices export import search doctor completion';
  for (const name of all.split(' ')) {
    const { code, out } = await vox([name, '--help']);
    assert.equal(code, 0);
    assert.ok((out.split('Examples:\n')[1] ?? '').trim().split('\n').length >= 2, `${name} has two examples`);
  }
});
