import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { VoxClient } from './client.js';
import { VoxClientError } from './errors.js';
import { standardSocket } from './socket.js';

// Node 20 has no WebSocket of its own; the library's has the standard's shape. test/e2e/browser.test.mjs uses a browser's.
const own = globalThis.WebSocket;
before(() => {
  Object.assign(globalThis, { WebSocket });
});
after(() => {
  Object.assign(globalThis, { WebSocket: own });
});

/** Runs `use` with the address of a server that opens every socket, and the requests that it saw. */
async function withSockets(
  status: number,
  use: (url: string, seen: readonly IncomingMessage[]) => Promise<void>,
): Promise<void> {
  const seen: IncomingMessage[] = [];
  const server = createServer((_, response) => void response.writeHead(status).end('{"detail":"told"}'));
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    seen.push(request);
    if (status === 200) sockets.handleUpgrade(request, socket, head, (open) => open.close(1000));
    else socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\n\r\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const KEYS: readonly (readonly [string | undefined, string | undefined, string])[] = [
  [undefined, undefined, '/s'],
  ['sk-1_a.b~', 'token,sk-1_a.b~', '/s'],
  ['with space & ünicode', undefined, '/s?api_key=with+space+%26+%C3%BCnicode'],
  ['Token', undefined, '/s?api_key=Token'],
];
for (const [key, protocols, path] of KEYS)
  test(`the standard WebSocket brings the key ${key} where the server looks for one`, () =>
    withSockets(200, async (url, seen) => {
      const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
      const socket = standardSocket(`${url}/s`.replace('http', 'ws'), headers);
      await new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()));
      assert.equal(seen[0]?.url, path);
      assert.equal(seen[0]?.headers['sec-websocket-protocol'], protocols);
    }));

for (const [status, code] of [
  [401, 'unauthorized'],
  [403, 'forbidden'],
] as const)
  test(`a stream that is refused with ${status} says so, though a standard WebSocket doesn't`, () =>
    withSockets(status, async (baseUrl) => {
      const client = new VoxClient({ baseUrl, apiKey: 'k' });
      const heard = client.listen({ audio: [] }).next();
      await assert.rejects(heard, (error) => {
        assert.ok(VoxClientError.is(error));
        assert.deepEqual([error.status, error.code, error.message], [status, code, 'told']);
        return true;
      });
    }));

test('an address that is none is named before anything is sent', () => {
  for (const baseUrl of ['127.0.0.1:11435', '', 'http://'])
    assert.throws(() => new VoxClient({ baseUrl }), /baseUrl ".*expected one like http:/);
});
