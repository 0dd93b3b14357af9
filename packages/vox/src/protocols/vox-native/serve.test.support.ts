/** A server with the native routes on a scripted runtime. */
import type { TestContext } from 'node:test';
import { stage } from '../../transport/stage.test.support.js';
import { type Compat, register } from './index.js';

export async function serve(t: TestContext, compat: Compat = 'vox') {
  const { runtime, health, url, port, uploadDirectory } = await stage(t, ({ app, ...parts }) =>
    register(app, { ...parts, compat, stallMs: 5_000 }),
  );
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
  return { runtime, health, url, port, directory: uploadDirectory, ask };
}
