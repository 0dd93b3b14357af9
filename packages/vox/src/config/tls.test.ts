import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig, onLoopback } from './index.js';

const machine = { home: '/home/ada', cwd: '/work', cores: 4, terminal: false };
const serve = (env: Record<string, string>, flags = {}) =>
  loadConfig({ command: 'serve', env, flags, machine });

test('TLS: off, with a pair of its own, or with the files of the user', () => {
  assert.equal(serve({}).server.tls, undefined);
  assert.deepEqual(serve({ VOX_TLS: 'true' }).server.tls, {});
  assert.deepEqual(serve({}, { tls: true }).server.tls, {});
  const files = { cert: '/work/a.pem', key: '/keys/b.pem' };
  assert.deepEqual(serve({ VOX_TLS_KEY: '/keys/b.pem' }, { tlsCert: 'a.pem' }).server.tls, { files });
});

test('one file without the other is refused, by name', () => {
  assert.throws(() => serve({ VOX_TLS_CERT: 'a.pem' }), /--tls-cert needs --tls-key \(VOX_TLS_KEY\)/);
  assert.throws(() => serve({}, { tlsKey: 'a.pem' }), /--tls-key needs --tls-cert \(VOX_TLS_CERT\)/);
});

test('a server within a command needs none', () => {
  const config = onLoopback(serve({ VOX_TLS: '1' }));
  assert.equal(config.server.tls, undefined);
  assert.equal(config.server.host, '127.0.0.1');
});
