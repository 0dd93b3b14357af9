/** A server with the dialect on a scripted runtime, and clients that keep what they are told. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { EndReason, LiveEvent, Word } from '@vox-speech/contract';
import { createLog } from '../../observe/index.js';
import { fakeRuntime } from '../../runtime/fake-runtime.test.support.js';
import { createHttpServer, Upgrades } from '../../transport/index.js';
import { SocketClient, until } from '../../transport/socket-client.test.support.js';
import type { DeepgramSettings } from './codec.js';
import { register } from './index.js';

export async function serve(t: TestContext, settings: Partial<DeepgramSettings> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'vox-deepgram-'));
  const runtime = fakeRuntime();
  const log = createLog({ level: 'silent' });
  const server = createHttpServer({ log, settings: { graceMs: 200 } });
  const upgrades = new Upgrades(server.app.server, { log, check() {}, shapes: server.app.errorShapes });
  register(server.app, {
    runtime,
    upgrades,
    settings: { endpointingMs: 400, idleMs: Number.POSITIVE_INFINITY, ...settings },
    log,
    uploadDirectory: directory,
    stallMs: 5_000,
  });
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await upgrades.close(0);
    await server.destroy();
    await rm(directory, { recursive: true, force: true });
  });
  const connect = (query = RAW): Promise<SocketClient> =>
    SocketClient.open(`${url.replace('http', 'ws')}/v1/listen?${query}`);
  /** A connection whose session is open, and the recogniser that the test plays. */
  const session = async (query = RAW) => {
    const before = runtime.asked.listen.length;
    const client = await connect(query);
    await until('the session', () => runtime.asked.listen.length > before);
    const live = runtime.asked.listen.at(-1);
    assert.ok(live);
    return { client, live, say: (event: LiveEvent) => live.listener.onEvent(event) };
  };
  return { runtime, url, directory, connect, session };
}

export const RAW = 'model=nova-3&encoding=linear16&sample_rate=16000&punctuate=true';

export function partial(text: string): LiveEvent {
  return { type: 'partial', utterance: 1, text, stable: 0, startMs: 320, endMs: 900 };
}

export function final(text: string, reason: EndReason = 'silence', words?: readonly Word[]): LiveEvent {
  return {
    type: 'final',
    utterance: 1,
    text,
    startMs: 320,
    endMs: 2_480.4,
    reason,
    ...(words === undefined ? {} : { words }),
    timing: { endpointToFinalMs: 80, sinceFirstAudioMs: 3_000, decodeMs: 60, revisedShare: 0 },
  };
}
