import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createLog } from '../observe/index.js';
import { createHttpServer } from '../transport/index.js';
import {
  checkBind,
  checkOpenBind,
  type GuardSettings,
  hostAllowed,
  hostOf,
  installGuard,
  isLoopback,
  Keys,
  keyGuard,
  offeredKeys,
  originAllowed,
} from './index.js';

const OPEN: GuardSettings = {
  keys: [],
  bindHost: '127.0.0.1',
  hostNames: [],
  corsOrigins: [],
  insecure: false,
};

function app(t: TestContext, settings: Partial<GuardSettings>) {
  const lines: string[] = [];
  const server = createHttpServer({ log: createLog({ write: (line) => lines.push(line) }) });
  installGuard(server.app, { ...OPEN, ...settings });
  for (const path of ['/', '/health', '/v1/health', '/v1/models', '/v1/models/*'])
    server.app.get(path, async () => ({ path }));
  server.app.post('/v1/models', async () => ({}));
  t.after(() => server.destroy());
  const ask = (
    url: string,
    headers: Record<string, string> = {},
    method: 'GET' | 'POST' | 'OPTIONS' = 'GET',
  ) => server.app.inject({ method, url, headers: { host: 'localhost:11435', ...headers } });
  return { ask, lines };
}

test('keys are taken from each of the three places, several are accepted, none is logged', async (t) => {
  const { ask, lines } = app(t, { keys: ['first', 'schlüssel-日本'] });
  const latin1 = Buffer.from('schlüssel-日本').toString('latin1');
  const cases: [string, Record<string, string>, number][] = [
    ['/v1/models', {}, 401],
    ['/v1/models', { authorization: 'Bearer first' }, 200],
    ['/v1/models', { authorization: 'bearer   first ' }, 200],
    ['/v1/models', { authorization: `Bearer ${latin1}` }, 200],
    ['/v1/models', { authorization: 'Basic first' }, 401],
    ['/v1/models', { authorization: 'Bearer firs' }, 401],
    ['/v1/models', { authorization: 'Bearer \xff\xfe' }, 401],
    ['/v1/models', { authorization: `Bearer ${'x'.repeat(8000)}` }, 401],
    ['/v1/models', { 'x-api-key': 'first' }, 200],
    ['/v1/models', { 'x-api-key': '' }, 401],
    ['/v1/models?api_key=first', {}, 200],
    [`/v1/models?a=1&api_key=${encodeURIComponent('schlüssel-日本')}`, {}, 200],
    ['/v1/models?api_key=wrong', { authorization: 'Bearer first' }, 200],
    ['/v1/none', {}, 401],
    ['/v1/health/../models', {}, 401],
    ['/v1/models/%2e%2e', {}, 401],
    ['/', {}, 200],
    ['/health', {}, 200],
    ['/v1/health?x=1', {}, 200],
  ];
  for (const [url, headers, status] of cases)
    assert.equal(
      (await ask(url, headers)).statusCode,
      status,
      `${url} ${JSON.stringify(headers).slice(0, 60)}`,
    );
  const refused = await ask('/v1/models');
  assert.equal(refused.headers['www-authenticate'], 'Bearer');
  assert.equal(refused.json().detail, 'missing or invalid API key');
  assert.ok(lines.length > 10);
  assert.doesNotMatch(lines.join(''), /first|schl/);
});

test('without keys any key is fine', async (t) => {
  const { ask } = app(t, {});
  assert.equal((await ask('/v1/models', { authorization: 'Bearer whatever' })).statusCode, 200);
  assert.equal((await ask('/v1/models')).statusCode, 200);
});

test('keys compare by digest, whatever their length', () => {
  const keys = new Keys(['', 'a']);
  assert.ok(keys.required);
  assert.ok(keys.accepts(['b', 'a']));
  assert.ok(!keys.accepts([]));
  assert.ok(!keys.accepts(['', 'aa', 'a\0']));
  assert.ok(!new Keys(['']).required);
  assert.deepEqual(
    offeredKeys({ authorization: 'Bearer a', 'x-api-key': 'b' }, '/x?api_key=c&api_key=d&api_key=e'),
    ['a', 'b', 'c', 'd'],
  );
});

test('keys in the ways of Deepgram’s and ElevenLabs’ clients', () => {
  const rows: [Record<string, string>, string[]][] = [
    [{ authorization: 'Token dg' }, ['dg']],
    [{ authorization: 'token  dg ' }, ['dg']],
    [{ authorization: 'Basic dg' }, []],
    [{ authorization: 'Token' }, []],
    [{ 'xi-api-key': ' el ' }, ['el']],
    [{ 'sec-websocket-protocol': 'token, dg' }, ['dg']],
    [{ 'sec-websocket-protocol': 'bearer,dg,more' }, ['dg']],
    [{ 'sec-websocket-protocol': 'token' }, []],
    [{ 'sec-websocket-protocol': 'chat, dg' }, []],
  ];
  for (const [headers, keys] of rows) assert.deepEqual(offeredKeys(headers, '/v1/listen'), keys);
});

test('a network address needs a key, or the word insecure', () => {
  const refused = (settings: Partial<GuardSettings>) => {
    try {
      checkBind({ ...OPEN, ...settings });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(refused({ bindHost: '0.0.0.0' }), /VOX_API_KEY.*--insecure/);
  assert.match(refused({ bindHost: '::', keys: [''] }), /VOX_API_KEY/);
  assert.equal(refused({ bindHost: '0.0.0.0', keys: ['k'] }), '');
  assert.equal(refused({ bindHost: '0.0.0.0', insecure: true }), '');
  for (const bindHost of ['127.0.0.1', 'localhost', '::1', '127.0.0.2'])
    assert.equal(refused({ bindHost }), '');
});

test('hosts', () => {
  const read: [string, string | undefined][] = [
    ['localhost', 'localhost'],
    ['LOCALHOST:11435', 'localhost'],
    ['[::1]:80', '::1'],
    ['example.com.', 'example.com'],
    ['', undefined],
    ['a b', undefined],
    ['user@localhost', undefined],
    ['localhost:x', undefined],
    ['localhost/evil', undefined],
    ['::1', undefined],
  ];
  for (const [header, host] of read) assert.equal(hostOf(header), host, header);
  for (const host of ['localhost', 'app.localhost', '127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
    assert.ok(isLoopback(host), host);
  for (const host of ['localhost.evil.com', '127.0.0.1.evil.com', '128.0.0.1', '0.0.0.0', 'evil'])
    assert.ok(!isLoopback(host), host);
  const local = { bindHost: '127.0.0.1', hostNames: ['Vox.Example'], keyed: false };
  const network = { ...local, bindHost: '0.0.0.0' };
  const allowed: [string, typeof local, boolean][] = [
    ['localhost', local, true],
    ['vox.example', local, true],
    ['evil.example', local, false],
    ['10.0.0.5', local, false],
    ['10.0.0.5', network, true],
    ['evil.example', network, false],
    ['evil.example', { ...network, keyed: true }, true],
    ['evil.example', { ...local, keyed: true }, false],
    ['10.0.0.7', { ...local, bindHost: '10.0.0.7' }, true],
  ];
  for (const [host, policy, yes] of allowed)
    assert.equal(hostAllowed(host, policy), yes, `${host} on ${policy.bindHost}`);
});

test('origins', () => {
  const cases: [string, readonly string[], boolean][] = [
    ['http://localhost:3000', [], true],
    ['https://127.0.0.1', [], true],
    ['http://[::1]:5173', [], true],
    ['https://evil.example', [], false],
    ['null', [], false],
    ['file://', [], false],
    ['http://localhost.evil.example', [], false],
    ['https://a.example', ['https://a.example/'], true],
    ['https://a.example:444', ['https://a.example'], false],
    ['null', ['*'], true],
  ];
  for (const [origin, allowed, yes] of cases) assert.equal(originAllowed(origin, allowed), yes, origin);
});

test('rebinding and cross-site requests are refused; allowed pages get their headers', async (t) => {
  const { ask } = app(t, { keys: ['k'], corsOrigins: ['https://a.example'] });
  assert.equal((await ask('/v1/models', { host: 'evil.example', 'x-api-key': 'k' })).statusCode, 403);
  assert.equal((await ask('/', { host: 'evil.example' })).statusCode, 403);
  assert.equal((await ask('/v1/models', { host: 'a b', 'x-api-key': 'k' })).statusCode, 400);
  assert.equal(
    (await ask('/v1/models', { origin: 'https://evil.example', 'x-api-key': 'k' }, 'POST')).statusCode,
    403,
  );
  const good = await ask('/v1/models', { origin: 'https://a.example', 'x-api-key': 'k' });
  assert.equal(good.headers['access-control-allow-origin'], 'https://a.example');
  assert.equal(good.headers.vary, 'Origin');
  const denied = await ask('/v1/models', { origin: 'https://a.example' });
  assert.equal(denied.statusCode, 401);
  assert.equal(denied.headers['access-control-allow-origin'], 'https://a.example', 'a page may read why');
  const preflight = await ask(
    '/v1/models',
    {
      origin: 'https://a.example',
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': 'authorization',
    },
    'OPTIONS',
  );
  assert.equal(preflight.statusCode, 204, 'a preflight carries no key');
  assert.match(String(preflight.headers['access-control-allow-methods']), /DELETE/);
  assert.equal(preflight.headers['access-control-allow-headers'], 'authorization');
});

test('metrics need no key on this machine, unless a proxy passed the request on', async (t) => {
  const { ask } = app(t, { keys: ['k'] });
  assert.equal((await ask('/metrics')).statusCode, 404);
  assert.equal((await ask('/metrics', { 'x-forwarded-for': '203.0.113.9' })).statusCode, 401);
  assert.equal((await ask('/metrics', { forwarded: 'for=203.0.113.9' })).statusCode, 401);
  assert.equal((await ask('/metrics/x')).statusCode, 401);
});

test('a protocol without keys leaves this machine only when told so', () => {
  assert.throws(() => checkOpenBind('0.0.0.0', false, 'Wyoming'), {
    code: 'invalid_request',
    message: /refusing to serve Wyoming on 0\.0\.0\.0: it knows no key.*--insecure/,
  });
  checkOpenBind('0.0.0.0', true, 'Wyoming');
  for (const host of ['127.0.0.1', '::1', 'localhost']) checkOpenBind(host, false, 'Wyoming');
});

test('calls with metadata instead of a request are asked for the key alone', () => {
  const check = keyGuard({ keys: ['first', 'second'] });
  for (const headers of [{ authorization: 'Bearer second' }, { 'x-api-key': 'first' }]) check(headers);
  for (const headers of [{}, { authorization: 'first' }, { 'x-api-key': 'third' }])
    assert.throws(() => check(headers), /missing or invalid API key/);
  keyGuard({ keys: [] })({});
});
