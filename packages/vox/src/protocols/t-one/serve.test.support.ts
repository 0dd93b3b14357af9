/** A server with the dialect on a scripted runtime and counted sessions. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { encodeWav } from '@vox-speech/audio';
import { installGuard } from '../../guard/index.js';
import { createLog, Health } from '../../observe/index.js';
import { fakeRuntime } from '../../runtime/fake-runtime.test.support.js';
import { createHttpServer, Upgrades } from '../../transport/index.js';
import { fakeSessions } from './fake-sessions.test.support.js';
import { register } from './index.js';

export async function serve(t: TestContext, keys: readonly string[] = []) {
  const directory = await mkdtemp(join(tmpdir(), 'vox-t-one-'));
  const runtime = fakeRuntime({ uploadBytes: 1024 * 1024, textCharacters: 1 });
  const sessions = fakeSessions();
  const log = createLog({ level: 'silent' });
  const server = createHttpServer({ log, settings: { graceMs: 200 } });
  const guard = { keys, bindHost: '127.0.0.1', hostNames: [], corsOrigins: ['*'], insecure: false };
  installGuard(server.app, guard);
  const upgrades = new Upgrades(server.app.server, { log, check() {}, shapes: server.app.errorShapes });
  const health = new Health();
  health.set('ready');
  register(server.app, {
    runtime,
    sessions,
    upgrades,
    log,
    health,
    compat: true,
    names: { title: 'Ours' },
    uploadDirectory: directory,
    stallMs: 5_000,
  });
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await upgrades.close(0);
    await server.destroy();
    await rm(directory, { recursive: true, force: true });
  });
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
  return { runtime, sessions, url, call, start, send, end, leftOver: () => readdir(directory) };
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
