/** Keys and client secrets, by every way in which clients show them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SocketClient } from '../../transport/socket-client.test.support.js';
import { DEFAULT_CONFIG } from './config.js';
import { ClientSecrets } from './secrets.js';
import { Client, MANUAL, serve } from './serve.test.support.js';

const KEY = 'sesame';

test('every way to show a key; without one the upgrade is refused', async (t) => {
  const { address, url } = await serve(t, { keys: [KEY] });
  const bearer = { authorization: `Bearer ${KEY}` };
  const protocols = ['realtime', `openai-insecure-api-key.${KEY}`, 'openai-beta.realtime-v1'];
  const ways: [string, Record<string, string>, string[]][] = [
    ['?intent=transcription', bearer, []],
    ['?model=gpt-realtime', { 'x-api-key': KEY }, []],
    [`/?intent=transcription&api_key=${KEY}`, {}, []],
    ['?intent=transcription&model=whisper:base', {}, protocols],
    ['?call_id=rtc_1', {}, [...protocols].reverse()],
    ['', { ...bearer, 'openai-beta': 'realtime=v1' }, []],
  ];
  for (const [query, headers, offered] of ways) {
    const socket = await SocketClient.open(`${address}${query}`, headers, offered);
    await new Client(socket).next('session.created');
    assert.equal(socket.ws.protocol, offered.length === 0 ? '' : 'realtime', 'never the key');
    socket.ws.close();
  }
  for (const [headers, offered] of [
    [{}, []],
    [{ authorization: 'Bearer wrong' }, []],
    [{}, ['realtime', 'openai-insecure-api-key.wrong']],
    [{ authorization: `Bearer ek_${'0'.repeat(48)}` }, []],
  ] as const)
    await assert.rejects(SocketClient.open(address, headers, offered), /401/);
  await assert.rejects(SocketClient.open(`${address}/translations`, bearer), /404/);
  const answer = await fetch(`${url}/v1/realtime/calls`, { method: 'POST', headers: bearer });
  assert.equal(answer.status, 404);
  assert.match(await answer.text(), /WebRTC and SIP calls are not served/);
});

test('a client secret opens sockets with its session until it expires, and nothing else', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
  const { address, url, live } = await serve(t, { keys: [KEY] });
  const ask = (body?: unknown) =>
    fetch(`${url}/v1/realtime/client_secrets`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const made = await ask({ expires_after: { anchor: 'created_at', seconds: 60 }, session: MANUAL });
  assert.equal(made.status, 200);
  const { value, expires_at, session } = (await made.json()) as {
    value: string;
    expires_at: number;
    session: { type: string; audio: { input: { turn_detection: null } } };
  };
  assert.match(value, /^ek_[0-9a-f]{48}$/);
  assert.equal(expires_at, 1_800_000_060);
  assert.deepEqual([session.type, session.audio.input.turn_detection], ['transcription', null]);
  const open = () =>
    SocketClient.open(`${address}?model=whisper-1`, {}, ['realtime', `openai-insecure-api-key.${value}`]);
  for (let i = 0; i < 2; i++) {
    const client = new Client(await open());
    const created = (await client.next('session.created')) as { session: typeof session };
    assert.equal(created.session.audio.input.turn_detection, null);
    client.socket.ws.close();
  }
  const client = new Client(await open());
  client.append();
  assert.equal((await live(0)).request.options.endpointing.detector, 'manual');
  t.mock.timers.setTime(1_800_000_060_000);
  await assert.rejects(open(), /401/);

  const { expires_at: byDefault } = (await (await ask()).json()) as { expires_at: number };
  assert.equal(byDefault, 1_800_000_660, 'ten minutes');
  for (const [body, param] of [
    [{ expires_after: { seconds: 5 } }, 'expires_after.seconds'],
    [{ expires_after: { seconds: 7_201 } }, 'expires_after.seconds'],
    [{ session: { type: 'realtime' } }, 'session.type'],
    [{ session: { audio: { input: { transcription: { model: 'whisper:huge' } } } } }, null],
  ] as const) {
    const refused = await ask(body);
    assert.ok(refused.status === 400 || refused.status === 404, `${refused.status}`);
    const text = await refused.text();
    if (param !== null) assert.ok(text.includes(param), text);
  }
});

test('an expired secret is refused where no key is asked for too: its session would not be what was agreed', async (t) => {
  const { address } = await serve(t);
  await assert.rejects(SocketClient.open(address, { authorization: 'Bearer ek_1' }), /401/);
  const socket = await SocketClient.open(address, { authorization: 'Bearer whatever' });
  await new Client(socket).next('session.created');
});

test('secrets have a bound, and expired ones make room', () => {
  let now = 0;
  const secrets = new ClientSecrets(() => now);
  for (let i = 0; i < 10_000; i++) secrets.create(DEFAULT_CONFIG, 10);
  assert.throws(() => secrets.create(DEFAULT_CONFIG, 10), /10000 client secrets already/);
  now = 10_000;
  const { value } = secrets.create(DEFAULT_CONFIG, 10);
  assert.deepEqual(secrets.find(value), DEFAULT_CONFIG);
  assert.equal(secrets.find('ek_no'), undefined);
});
