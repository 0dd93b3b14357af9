/** A server with the OpenAI routes on a scripted runtime. */
import type { TestContext } from 'node:test';
import { stage } from '../../transport/stage.test.support.js';
import { type OpenaiOptions, register } from './index.js';

export async function serve(t: TestContext, options: Partial<OpenaiOptions> = {}) {
  const { runtime, url, uploadDirectory } = await stage(t, ({ app, ...parts }) =>
    register(app, { ...parts, stallMs: 5_000, ...options }),
  );
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
  return { runtime, url, directory: uploadDirectory, transcribe, speak };
}
