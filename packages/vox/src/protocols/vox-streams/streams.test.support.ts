/** A server with the three streams on a fake runtime, and a client that remembers what it was told. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { FakeLive } from '../../runtime/fake-live.test.support.js';
import type { FakeRuntime } from '../../runtime/fake-runtime.test.support.js';
import { SocketClient } from '../../transport/socket-client.test.support.js';
import { stage } from '../../transport/stage.test.support.js';
import { register } from './index.js';

export async function serveStreams(t: TestContext): Promise<{
  runtime: FakeRuntime;
  connect(path: string): Promise<SocketClient>;
}> {
  const limits = { uploadBytes: 1000, textCharacters: 1000 };
  const { runtime, socketUrl } = await stage(t, (parts) => register(parts.upgrades, parts), { limits });
  return { runtime, connect: (path) => SocketClient.open(socketUrl + path) };
}

/** The same with one client that is configured, and the live session that was opened for it. */
export async function listening(
  t: TestContext,
  path: string,
  config: object = {},
): Promise<{
  runtime: FakeRuntime;
  client: SocketClient;
  ready: Awaited<ReturnType<SocketClient['next']>>;
  live: FakeLive;
}> {
  const { runtime, connect } = await serveStreams(t);
  const client = await connect(path);
  client.send({ type: 'config', ...config });
  const ready = await client.next();
  const [live] = runtime.asked.listen;
  assert.ok(live);
  return { runtime, client, ready, live };
}
