/** Two servers on one Redis behind a round robin, over HTTP: one is killed, and Redis has its troubles. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { NO_REDIS, startRedis, trafficOf } from './redis-server.mjs';
import { startProxy } from './round-robin-proxy.mjs';
import { startServer } from './server.mjs';
import { chunks, cut, NO_SHERPA, noisy, RATE, randoms, SAID, SOUND } from './session-speech.mjs';
import { toneClient } from './tone-client.mjs';
import { TONE, toneHome } from './tone-home.mjs';

const texts = ({ phrases }) => phrases.map(({ text }) => text);
const PREFIX = 'asr:session:';
const SESSIONS = 6;

describe('the T-one routes on two servers and one Redis', { skip: NO_SHERPA || NO_REDIS }, () => {
  let home;
  let redis;
  let admin;
  let pair;
  let proxy;
  const clients = [];
  const clientOf = (url, faults) => {
    const client = toneClient(url, faults);
    clients.push(client);
    return client;
  };
  before(async () => {
    home = await toneHome();
    redis = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    admin = new Redis(redis.url);
    admin.on('error', () => {});
    const env = { VOX_COMPAT: 't-one', VOX_STT_MODEL: TONE, STORAGE_TYPE: 'redis', REDIS_URL: redis.url };
    const args = ['--host', '127.0.0.1'];
    pair = await Promise.all([0, 1].map(() => startServer({ home: home.home, env, args })));
    proxy = await startProxy(pair.map(({ url }) => url));
  });
  after(async () => {
    for (const client of clients) client.close();
    await proxy?.stop();
    await Promise.all((pair ?? []).map((server) => server.stop()));
    admin?.disconnect();
    await redis?.remove();
    home?.remove();
  });

  it('two pieces at once for one session, on two servers: each is heard once', async () => {
    const [left, right] = pair.map(({ url }) => clientOf(url));
    const id = await left.create();
    const [first, second] = [SOUND.subarray(0, 64_000), SOUND.subarray(64_000)];
    const [one, again, two] = await Promise.all([
      left.append(id, first, 0),
      right.append(id, first, 0),
      right.append(id, second, 1),
    ]);
    assert.deepEqual(one, again);
    const whole = await left.finalize(id);
    assert.deepEqual(texts(whole), SAID);
    assert.deepEqual([...texts(one), ...texts(two)], texts(whole).slice(0, -1));
    assert.deepEqual(await right.finalize(id), whole);
  });

  it('one is killed half-way: every session has its whole text, once, and little went through Redis', async () => {
    const sound = noisy(SOUND);
    const random = randoms(11);
    const faults = new Map();
    const any = clientOf(proxy.url, faults);
    const first = clientOf(pair[0].url);
    // All of it went to the server that dies.
    const orphan = await first.create();
    const [begun, ended] = [sound.subarray(0, 50_000), sound.subarray(50_000)];
    const told = texts(await first.append(orphan, begun, 0));
    const traffic = await trafficOf(admin);
    let sent = 0;
    const half = (SESSIONS * sound.length) / 2;
    await Promise.all(
      Array.from({ length: SESSIONS }, async (_, at) => {
        const pieces = at % 2 === 0 ? chunks(sound, 9_600) : cut(sound, random);
        const id = await any.create();
        const heard = [];
        for (const [seq, pcm] of pieces.entries()) {
          heard.push(...texts(await any.append(id, pcm, seq)));
          if (sent < half && sent + pcm.length >= half) process.kill(pair[0].pid, 'SIGKILL');
          sent += pcm.length;
        }
        assert.deepEqual(texts(await any.finalize(id)), SAID);
        heard.push(...texts(await any.finalize(id, { new_only: 'true' })));
        assert.deepEqual(heard, SAID, `session ${at}`);
      }),
    );
    assert.ok(
      proxy.passed.every((answers) => answers > SESSIONS),
      `answered by each: ${proxy.passed}`,
    );
    const bytes = (await trafficOf(admin)) - traffic;
    const times = bytes / (SESSIONS * sound.length);
    assert.ok(times <= 1.6, `${times} times the audio's bytes; asked again: ${[...faults]}`);
    const second = clientOf(pair[1].url);
    told.push(...texts(await second.append(orphan, ended, 1)));
    assert.deepEqual(texts(await second.finalize(orphan)), SAID);
    assert.deepEqual([...told, ...texts(await second.finalize(orphan, { new_only: 'true' }))], SAID);
  });

  describe('with Redis in trouble', () => {
    const [first, second, third] = chunks(SOUND, 48_000);
    let client;
    before(() => {
      client = clientOf(pair[1].url);
    });
    const chunk = (id, pcm, seq) =>
      client.once(`/transcribe/streaming/chunk?state_id=${id}&seq=${seq}`, pcm, `audio/L16; rate=${RATE}`);
    const unavailable = ({ status, headers, body }, why) => {
      assert.equal(status, 503, JSON.stringify(body));
      assert.equal(headers['retry-after'], '2');
      assert.match(body.detail, why);
    };

    it('full, then away: 503 and when to come again, /health says so, and the session goes on', async () => {
      const id = await client.create();
      const told = texts(await client.append(id, first, 0));
      await admin.config('SET', 'maxmemory', '1');
      unavailable(await chunk(id, second, 1), /Redis is full \(OOM\)/);
      unavailable(await client.once('/transcribe/streaming', Buffer.alloc(0), 'audio/wav'), /OOM/);
      await admin.config('SET', 'maxmemory', '0');
      told.push(...texts(await client.append(id, second, 1)));
      await redis.stop('SIGKILL');
      unavailable(await chunk(id, third, 2), /Redis cannot be used/);
      const health = await fetch(`${pair[1].url}/health`);
      assert.equal(health.status, 503);
      assert.match((await health.json()).detail, /Redis/);
      await redis.start();
      told.push(...texts(await client.append(id, third, 2)));
      assert.equal((await fetch(`${pair[1].url}/health`)).status, 200);
      assert.deepEqual([...told, ...texts(await client.finalize(id, { new_only: 'true' }))], SAID);
    });

    it('what another program has put under a key of ours is a conflict, and stays', async () => {
      const id = '3f0d1c9e-0000-4000-8000-000000000001';
      const pickle = Buffer.from([0x80, 4, 0x95, 0x4e]);
      await admin.set(PREFIX + id, pickle);
      const { status, body } = await chunk(id, first, 0);
      assert.equal(status, 409);
      assert.match(body.detail, /not in Vox's format/);
      assert.deepEqual(await admin.getBuffer(PREFIX + id), pickle);
    });
  });
});
