/** A server with the OpenAI routes on a scripted runtime. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createLog } from '../../observe/index.js';
import { fakeRuntime } from '../../runtime/fake-runtime.test.support.js';
import { createHttpServer } from '../../transport/index.js';
import { type OpenaiOptions, register } from './index.js';

export async function serve(t: TestContext, options: Partial<OpenaiOptions> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'vox-openai-'));
  const runtime = fakeRuntime();
  const server = createHttpServer({ log: createLog({ level: 'silent' }), settings: { graceMs: 200 } });
  register(server.app, { runtime, uploadDirectory: directory, stallMs: 5_000, ...options });
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await server.destroy();
    await rm(directory, { recursive: true, force: true });
  });
  const transcribe = (fields: [string, string][], file: string | null = 'RIFF', path = 'transcriptions') => {
    const form = new FormData();
    for (const [name, value] of fields) form.append(name, value);
    if (file !== null) form.append('file', new Blob([file]), 'a.wav');
    return fetch(`${url}/v1/audio/${path}`, { method: 'POST', body: form });
  };
  const speak = (body: unknown) =>
    fetch(`${url}/v1/audio/speech`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { runtime, url, directory, transcribe, speak };
}

export async function until(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500; i += 1) {
    if (await test()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`never: ${what}`);
}
