/** A server with the native routes on a scripted runtime. */
import type { TestContext } from 'node:test';
import { stage } from '../../transport/stage.test.support.js';
import { type Compat, register } from './index.js';

/** The one model that the scripted runtime has loaded, as routes show it. */
export const LOADED = {
  name: 'piper',
  tag: 'joe',
  type: 'tts',
  device: 'cpu',
  vram_bytes: 0,
  loaded_at: 1.5,
  last_used: 2.5,
  ref_count: 1,
  memory_bytes: 99,
  expires_at: null,
  pid: 4,
};

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
