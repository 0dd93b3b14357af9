/** `vox serve` as a process of its own, with mistakes put into it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { until } from '../transport/waiting.test.support.js';
import { startProgram } from './program.test.support.js';

/** A signal each: a promise that fails and is awaited by nobody, and an exception that nobody catches. */
const MISTAKES = `
process.on('SIGUSR2', () => void Promise.reject(new Error('nobody awaits this')));
process.on('SIGHUP', () => { throw new Error('nobody catches this'); });
`;

async function serve(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'vox-faults-'));
  await writeFile(join(folder, 'mistakes.mjs'), MISTAKES);
  const child = startProgram(['serve', '--port', '0', '--log-format', 'json'], {
    cwd: folder,
    env: { NODE_OPTIONS: `--import=${join(folder, 'mistakes.mjs')}` },
  });
  const closed = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await closed;
    await rm(folder, { recursive: true, force: true });
  });
  const lines: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  const logged = async (pattern: RegExp): Promise<Record<string, unknown>> => {
    const find = () => lines.find(({ msg }) => pattern.test(String(msg)));
    await until(`a line of the log like ${pattern}`, () => find() !== undefined || child.exitCode !== null);
    return find() ?? assert.fail(`the server ended with ${child.exitCode} before it logged ${pattern}`);
  };
  const { url } = await logged(/^listening$/);
  return { child, closed, folder, logged, url: String(url) };
}

const stackOf = ({ err }: Record<string, unknown>) => (err as { stack: string }).stack;

test('a promise that nobody awaits is logged and counted, and the server goes on', async (t) => {
  const { child, closed, logged, url } = await serve(t);
  child.kill('SIGUSR2');
  const line = await logged(/nobody awaited/);
  assert.equal(line.level, 50);
  assert.match(stackOf(line), /^Error: nobody awaits this\n {4}at .*mistakes\.mjs/);
  assert.equal((await fetch(`${url}/v1/health`)).status, 200);
  assert.match(await (await fetch(`${url}/metrics`)).text(), /^vox_unhandled_rejections_total 1$/m);
  child.kill('SIGTERM');
  assert.deepEqual(await closed, [0, null]);
});

test('an error that nobody caught ends the server, and is the last line of its log', async (t) => {
  const { child, closed, folder, logged } = await serve(t);
  child.kill('SIGHUP');
  assert.deepEqual(await closed, [1, null]);
  const line = await logged(/nobody caught/);
  assert.equal(line.level, 60);
  assert.match(stackOf(line), /^Error: nobody catches this\n {4}at .*mistakes\.mjs/);
  const kept = await readFile(join(folder, 'home', 'logs', 'serve.log'), 'utf8');
  assert.match(kept.trimEnd().split('\n').at(-1) ?? '', /nobody catches this/);
});
