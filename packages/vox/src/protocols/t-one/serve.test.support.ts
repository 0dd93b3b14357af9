/** A server with the dialect on a scripted runtime and counted sessions. */
import { readdir } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { encodeWav } from '@vox-speech/audio';
import { installGuard } from '../../guard/index.js';
import { stage } from '../../transport/stage.test.support.js';
import { fakeSessions } from './fake-sessions.test.support.js';
import { register } from './index.js';

export async function serve(t: TestContext, keys: readonly string[] = []) {
  const sessions = fakeSessions();
  const guard = { keys, bindHost: '127.0.0.1', hostNames: [], corsOrigins: ['*'], insecure: false };
  const { runtime, url, uploadDirectory } = await stage(
    t,
    ({ app, ...parts }) => {
      installGuard(app, guard);
      register(app, { ...parts, sessions, compat: true, names: { title: 'Ours' }, stallMs: 5_000 });
    },
    { limits: { uploadBytes: 1024 * 1024, textCharacters: 1 } },
  );
  const call = async (path: string, init: RequestInit = {}) => {
    const reply = await fetch(`${url}${path}`, { method: 'POST', ...init });
    const body = (await reply.json()) as Record<string, unknown>;
    return { status: reply.status, body, headers: reply.headers };
  };
  const start = async (query = '') => {
    const { body } = await call(`/transcribe/streaming${query}`);
    return String(body.state_id);
  };
  const send = (id: string, file: Blob, fields: Record<string, string> = {}) =>
    call('/transcribe/streaming/chunk', { body: form({ state_id: id, ...fields }, file) });
  const end = (id: string, more = '') =>
    call('/transcribe/streaming/finalize', { body: new URLSearchParams(`state_id=${id}${more}`) });
  return { runtime, sessions, url, call, start, send, end, leftOver: () => readdir(uploadDirectory) };
}

/** A form with the file `e.wav`. */
export function form(fields: Record<string, string>, file?: Blob): FormData {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields)) made.append(name, value);
  if (file !== undefined) made.append('file', file, 'e.wav');
  return made;
}

/** Samples that count up: what is lost or doubled shows. */
export function ramp(samples: number, from = 0): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: samples }, (_, at) => ((from + at) % 30_000) / 32_768);
}

/** A WAV of 8 kHz. */
export function wav(samples: Float32Array, rate = 8000): Blob {
  return new Blob([new Uint8Array(encodeWav(samples, rate))]);
}
