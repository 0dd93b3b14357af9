import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLog, LogFile, lastLines, logPath, logPaths, newLines } from './index.js';

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vox-log-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const rethrow = (error: Error) => {
  throw error;
};

test('lines come in order, over three files of bounded size, and the last are found again', async (t) => {
  const folder = await folderOf(t);
  const file = new LogFile(join(folder, 'logs'), { fileBytes: 1000, onError: rethrow });
  for (let i = 0; i < 100; i++) {
    file.write(`line ${String(i).padStart(3, '0')} ${'x'.repeat(40)}\n`);
    // Each line in a write of its own, so that files fill up step by step.
    if (i % 2 === 0) await file.close();
  }
  await file.close();
  for (const path of logPaths(join(folder, 'logs'))) assert.ok((await stat(path)).size <= 1100, path);
  const { lines } = await lastLines(join(folder, 'logs'), 45);
  assert.deepEqual(
    lines.map((line) => Number(line.slice(5, 8))),
    Array.from({ length: 45 }, (_, i) => i + 55),
  );
  assert.deepEqual((await lastLines(join(folder, 'logs'), 1)).lines.length, 1);
  assert.deepEqual((await lastLines(join(folder, 'none'), 5)).lines, []);
});

test('two servers share a folder: no line is lost when one begins a new file', async (t) => {
  const folder = await folderOf(t);
  const a = new LogFile(folder, { fileBytes: 400, onError: rethrow });
  const b = new LogFile(folder, { fileBytes: 400, onError: rethrow });
  const written: string[] = [];
  for (let i = 0; i < 10; i++) {
    for (const [name, file] of [
      ['a', a],
      ['b', b],
    ] as const) {
      const line = `${name} ${i} ${'-'.repeat(30)}`;
      written.push(line);
      file.write(`${line}\n`);
      await file.close();
    }
  }
  assert.deepEqual((await lastLines(folder, 100)).lines, written);
});

test('what the disk is too slow for is dropped and counted, and memory stays bounded', async (t) => {
  const folder = await folderOf(t);
  const file = new LogFile(folder, { maxWaiting: 1000, onError: rethrow });
  // All in one turn of the loop: the disk has no chance.
  for (let i = 0; i < 200; i++) file.write(`${'y'.repeat(99)}\n`);
  await file.close();
  const { lines } = await lastLines(folder, 1000);
  const told = lines.map((line) => /"dropped":(\d+)/.exec(line)?.[1]).find((count) => count !== undefined);
  assert.ok(lines.length <= 21, String(lines.length));
  assert.equal(lines.length - 1 + Number(told), 200);
});

test('a folder that can not be written is told once, and stops nothing', async (t) => {
  const folder = await folderOf(t);
  await writeFile(join(folder, 'logs'), 'a file where a folder should be');
  const errors: Error[] = [];
  const file = new LogFile(join(folder, 'logs'), { onError: (error) => errors.push(error) });
  file.write('one\n');
  await file.close();
  file.write('two\n');
  await file.close();
  assert.equal(errors.length, 1);
});

test('new lines are followed across a rotation, until it is aborted', async (t) => {
  const folder = await folderOf(t);
  const file = new LogFile(folder, { fileBytes: 200, onError: rethrow });
  const write = async (line: string) => {
    file.write(`${line}\n`);
    await file.close();
  };
  await write('before');
  const { end } = await lastLines(folder, 10);
  await write('between');
  const abort = new AbortController();
  const seen: string[] = [];
  const expected = ['between', ...Array.from({ length: 8 }, (_, i) => `${i} ${'z'.repeat(60)} ü`)];
  for await (const line of newLines(folder, end, abort.signal)) {
    seen.push(line);
    const next = expected[seen.length];
    // The next one only when this one was seen: a follower is never more than one rotation behind.
    if (next === undefined) abort.abort();
    else await write(next);
  }
  assert.deepEqual(seen, expected);
});

test('the file gets JSON whatever the terminal gets, and no secret', async (t) => {
  const folder = await folderOf(t);
  const file = new LogFile(folder, { onError: rethrow });
  const plain: string[] = [];
  const log = createLog({
    format: 'plain',
    write: (line) => plain.push(line),
    file: (line) => file.write(line),
  });
  log.info({ model: 'a:1', api_key: 'SECRET' }, 'served');
  await file.close();
  const text = await readFile(logPath(folder), 'utf8');
  assert.equal((JSON.parse(text) as { model: string }).model, 'a:1');
  assert.match(plain.join(''), /INFO {2}served model=a:1/);
  assert.doesNotMatch(text, /SECRET/);
});
