import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig, onLoopback } from './index.js';

const serve = (flags: Record<string, string>, env: Record<string, string> = {}) =>
  loadConfig({ command: 'serve', flags, env, envFile: '' });

describe('settings of Wyoming', () => {
  const places: [string, { host: string; port: number } | undefined][] = [
    ['10300', { host: '127.0.0.1', port: 10_300 }],
    ['0', { host: '127.0.0.1', port: 0 }],
    ['0.0.0.0:10300', { host: '0.0.0.0', port: 10_300 }],
    ['[::]:10300', { host: '::', port: 10_300 }],
    ['home.local:1', { host: 'home.local', port: 1 }],
    ['off', undefined],
  ];
  for (const [written, listen] of places)
    it(`listens where ${written} says`, () => {
      assert.deepEqual(serve({ wyoming: written }).wyoming.listen, listen);
      assert.deepEqual(serve({}, { VOX_WYOMING: written }).wyoming.listen, listen);
    });

  it('is off unless asked for, and listens where HTTP does', () => {
    assert.deepEqual(serve({}).wyoming, { maxConnections: 128, idleMs: 300_000, announce: true });
    assert.equal(serve({ host: '::1', wyoming: '1' }).wyoming.listen?.host, '::1');
  });

  it('is announced unless told otherwise', () => {
    assert.equal(serve({ zeroconf: 'off' }).wyoming.announce, false);
    assert.equal(serve({}, { VOX_ZEROCONF: 'no' }).wyoming.announce, false);
  });

  it('refuses what is no address', () => {
    for (const written of ['', 'x', '70000', ':10300', '::1:10300', '1.2.3.4:', '[::1]'])
      assert.throws(() => serve({ wyoming: written }), { code: 'invalid_request' }, written);
    assert.throws(() => serve({}, { VOX_WYOMING_IDLE_TIMEOUT: '0' }), /from 1s to 24h/);
  });

  it('is not served by a command that serves itself', () => {
    assert.equal(onLoopback(serve({ wyoming: '10300' })).wyoming.listen, undefined);
  });
});
