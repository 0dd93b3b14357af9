/** A server with the three streams on a fake runtime, and a client that remembers what it was told. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { type FakeRuntime, fakeRuntime } from '../../runtime/fake-runtime.test.support.js';
import { ErrorShapes, Upgrades } from '../../transport/index.js';
import { SocketClient } from '../../transport/socket-client.test.support.js';
import { register } from './index.js';

export async function serveStreams(t: TestContext): Promise<{
  runtime: FakeRuntime;
  connect(path: string): Promise<SocketClient>;
}> {
  const log = pino({ enabled: false });
  const runtime = fakeRuntime({ uploadBytes: 1000, textCharacters: 1000 });
  const server = createServer();
  const upgrades = new Upgrades(server, { log, check: () => {}, shapes: new ErrorShapes() });
  register(upgrades, { runtime, log });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.after(async () => {
    await upgrades.close(0);
    server.close();
  });
  return { runtime, connect: (path) => SocketClient.open(url + path) };
}
