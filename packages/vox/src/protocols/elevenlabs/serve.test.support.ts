/** A server with the dialect on a scripted runtime. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createLog } from '../../observe/index.js';
import { fakeRuntime } from '../../runtime/fake-runtime.test.support.js';
import { createHttpServer, Upgrades } from '../../transport/index.js';
import { SocketClient } from '../../transport/socket-client.test.support.js';
import { register } from './index.js';

export async function serve(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'vox-elevenlabs-'));
  const runtime = fakeRuntime();
  const log = createLog({ level: 'silent' });
  const server = createHttpServer({ log, settings: { graceMs: 200 } });
  const upgrades = new Upgrades(server.app.server, { log, check() {}, shapes: server.app.errorShapes });
  register(server.app, {
    runtime,
    upgrades,
    log,
    uploadDirectory: directory,
    voiceAliases: [{ name: 'Rachel', target: 'af_nova' }],
  });
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await upgrades.close(0);
    await server.destroy();
    await rm(directory, { recursive: true, force: true });
  });
  const post = (path: string, body: unknown) =>
    fetch(`${url}/v1/text-to-speech/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'xi-api-key': 'x' },
      body: JSON.stringify(body),
    });
  const connect = (path: string): Promise<SocketClient> =>
    SocketClient.open(`${url.replace('http', 'ws')}/v1/text-to-speech/${path}`);
  return { runtime, url, directory, post, connect };
}
