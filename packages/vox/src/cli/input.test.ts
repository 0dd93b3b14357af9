import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { UsageError } from './command.js';
import { looksLikePath, whatIs } from './input.js';

test('a path that is not there is told from a text', () => {
  for (const path of [
    'a/b',
    './talk',
    '../x y',
    '/tmp/some file',
    '~/talk',
    'talk.wav',
    'my talk.MP3',
    'C:\\talk',
    'a\\b',
  ])
    assert.ok(looksLikePath(path), path);
  for (const text of [
    'Hello',
    'Hello there.',
    'Is it this and/or that?',
    'Version 2.0 is out',
    'e.g.',
    '...',
  ])
    assert.ok(!looksLikePath(text), text);
});

test('what INPUT is', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'vox-input-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'no extension');
  await writeFile(path, 'x');
  assert.deepEqual(await whatIs('-'), { type: 'stdin' });
  assert.deepEqual(await whatIs(path), { type: 'file', path });
  assert.deepEqual(await whatIs('Hello'), { type: 'text', text: 'Hello' });
  await assert.rejects(whatIs(' '), UsageError);
  await assert.rejects(whatIs(folder), /is a folder/);
  await assert.rejects(whatIs(join(folder, 'gone.wav')), /no such file: .*gone\.wav/);
});
