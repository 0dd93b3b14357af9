/** A server with the native routes on a scripted runtime. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createLog, Health } from '../../observe/index.js';
import { fakeRuntime } from '../../runtime/fake-runtime.test.support.js';
import { createHttpServer } from '../../transport/index.js';
import { type Compat, register } from './index.js';

export async function serve(t: TestContext, compat: Compat = 'vox') {
  const directory = await mkdtemp(join(tmpdir(), 'vox-native-'));
  const runtime = fakeRuntime();
  const health = new Health();
  health.set('ready');
  const server = createHttpServer({ log: createLog({ level: 'silent' }), settings: { graceMs: 200 } });
  register(server.app, { runtime, health, compat, uploadDirectory: directory, stallMs: 5_000 });
  const { url, port } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await server.destroy();
    await rm(directory, { recursive: true, force: true });
  });
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.text();
    const type = answer.headers.get('content-type') ?? '';
    return {
      status: answer.status,
      type,
      text,
      json: type.includes('json') && !type.includes('nd') ? JSON.parse(text) : undefined,
    };
  };
  return { runtime, health, url, port, directory, ask };
}
