/** A server with the three streams on a fake runtime, and a client that remembers what it was told. */
import type { TestContext } from 'node:test';
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
