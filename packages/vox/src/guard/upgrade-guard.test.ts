import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { createLog } from '../observe/index.js';
import { ErrorShapes, Upgrades } from '../transport/index.js';
import { type GuardSettings, upgradeGuard } from './index.js';

async function serve(t: TestContext, settings: Partial<GuardSettings>, ownKeyChecks: string[] = []) {
  const server = createServer();
  const check = upgradeGuard(
    {
      keys: [],
      bindHost: '127.0.0.1',
      hostNames: [],
      corsOrigins: [],
      insecure: false,
      ...settings,
    },
    ownKeyChecks,
  );
  const log = createLog({ level: 'silent' });
  const upgrades = new Upgrades(server, { log, check, shapes: new ErrorShapes() });
  upgrades.add({ path: '/v1/stt/ws', open: (socket) => socket.close(1000, 'let in') });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    await upgrades.close(0);
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  /** 101, or the status that refuses. */
  return async (headers: Record<string, string> = {}, query = ''): Promise<number> => {
    const ws = new WebSocket(`ws://127.0.0.1:${port}/v1/stt/ws${query}`, { headers });
    ws.on('error', () => {});
    const refused = once(ws, 'unexpected-response').then(([, { statusCode }]) => statusCode as number);
    return Promise.race([refused, once(ws, 'close').then(() => 101)]);
  };
}

test('a socket needs the key that a request needs: in a header, or in the address for browsers', async (t) => {
  const ask = await serve(t, { keys: ['s3cret'] });
  const rows: [Record<string, string>, string, number][] = [
    [{}, '', 401],
    [{ authorization: 'Bearer wrong' }, '', 401],
    [{ authorization: 'Bearer s3cret' }, '', 101],
    [{ 'x-api-key': 's3cret' }, '', 101],
    [{}, '?api_key=s3cret&call_id=c', 101],
    [{}, '?api_key=S3cret', 401],
  ];
  for (const [headers, query, status] of rows)
    assert.equal(await ask(headers, query), status, JSON.stringify([headers, query]));
});

test('a dialect that asks for the key itself gets the request without; origins are checked all the same', async (t) => {
  const ask = await serve(t, { keys: ['s3cret'] }, ['/v1/stt/ws']);
  assert.equal(await ask({}, '?api_key=wrong'), 101);
  assert.equal(await ask({ origin: 'https://evil.example.com' }), 403);
  const other = await serve(t, { keys: ['s3cret'] }, ['/v1/stt']);
  assert.equal(await other(), 401);
});

test('a web page of another origin opens no socket, and no name that is not ours does', async (t) => {
  const ask = await serve(t, { corsOrigins: ['https://app.example.com'], hostNames: ['speech.example.com'] });
  const rows: [Record<string, string>, number][] = [
    [{}, 101],
    [{ origin: 'http://localhost:3000' }, 101],
    [{ origin: 'https://app.example.com' }, 101],
    [{ origin: 'https://evil.example.com' }, 403],
    [{ origin: 'null' }, 403],
    [{ host: 'speech.example.com' }, 101],
    [{ host: 'rebound.example.com' }, 403],
  ];
  for (const [headers, status] of rows) assert.equal(await ask(headers), status, JSON.stringify(headers));
});
