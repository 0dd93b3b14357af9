import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { it, type TestContext } from 'node:test';
import { createLog } from '../../observe/index.js';
import { serve } from './serve.test.support.js';

/** As on phones and in some containers. */
function hideNetworks(t: TestContext): { asked: number } {
  const seen = { asked: 0 };
  t.mock.method(os, 'networkInterfaces', () => {
    seen.asked++;
    throw new Error('uv_interface_addresses returned Unknown system error 13');
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  return seen;
}

it('serves though the network can not be told, and says so', async (t) => {
  hideNetworks(t);
  const lines: string[] = [];
  const log = createLog({ format: 'json', write: (line) => lines.push(line) });
  const { connect } = await serve(t, { host: '0.0.0.0', announce: true, log });
  const client = await connect();
  assert.equal((await client.send('ping', { text: 'hello' }).next())?.type, 'pong');
  const warned = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 40);
  assert.equal(warned.length, 1);
  assert.match(warned[0].reason, /uv_interface_addresses/);
});

it('announces nothing that only this machine reaches, by whatever name', async (t) => {
  const seen = hideNetworks(t);
  await serve(t, { host: 'localhost', announce: true });
  await serve(t, { host: '127.0.0.1', announce: true });
  assert.equal(seen.asked, 0);
});
