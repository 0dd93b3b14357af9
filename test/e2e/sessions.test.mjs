/** Sessions by id in a real Redis, on a real streaming model. What HTTP shows of them is in tone-http and tone-redis. */
import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { NO_REDIS, startRedis } from './redis-server.mjs';
import { LIMITS, openRedis, openRuntime } from './session-runtime.mjs';
import { chunks, NO_SHERPA, pcmOf, RATE, SAID, SOUND } from './session-speech.mjs';
import { TONE, toneHome } from './tone-home.mjs';
import { until } from './waiting.mjs';

const MOST_SESSIONS = 5;
const MOST_BYTES = 100_000;
const { signal } = new AbortController();
setMaxListeners(0, signal);
const texts = ({ phrases }) => phrases.map(({ text }) => text);

describe('sessions by id in Redis', { skip: NO_SHERPA || NO_REDIS }, () => {
  let home;
  let redis;
  let admin;
  let one;
  const open = async () =>
    openRuntime(home.home, await openRedis(redis.url, { maxBytes: MOST_BYTES, maxSessions: MOST_SESSIONS }));
  before(async () => {
    home = await toneHome();
    redis = await startRedis();
    admin = new Redis(redis.url);
    admin.on('error', () => {});
    one = await open();
  });
  after(async () => {
    await one?.close();
    admin?.disconnect();
    await redis?.remove();
    home?.remove();
  });
  const create = async (by = one) => (await by.sessions.create({ model: TONE, signal })).id;
  const append = (id, piece, by = one) => by.sessions.append(id, { sampleRate: RATE, ...piece }, signal);

  it('a server that stops gives its sessions back, and touches nobody else`s', async () => {
    const first = await open();
    try {
      const pieces = chunks(SOUND, 16_000);
      const half = pieces.length / 2;
      const mine = await create();
      await append(mine, { pcm: pieces[0] });
      const id = await create(first);
      const told = [];
      for (const pcm of pieces.slice(0, half)) told.push(...texts(await append(id, { pcm }, first)));
      await first.sessions.close();
      await assert.rejects(first.sessions.finalize(id, { newOnly: false }, signal), {
        code: 'shutting_down',
      });
      for (const pcm of pieces.slice(half)) told.push(...texts(await append(id, { pcm })));
      told.push(...texts(await one.sessions.finalize(id, { newOnly: true }, signal)));
      assert.deepEqual(told, SAID);
      assert.equal((await append(mine, { pcm: pieces[1] })).seq, 1);
    } finally {
      await first.close();
    }
  });

  it('says what is wrong: gaps, retries, another format, another rate, an unknown id', async () => {
    const id = await create();
    await assert.rejects(append(id, { pcm: Buffer.alloc(10), seq: 1 }), { code: 'conflict', param: 'seq' });
    const pcm = pcmOf(600, 'да', 1500);
    const answer = await append(id, { pcm, seq: 0 });
    assert.deepEqual(texts(answer), ['да']);
    assert.deepEqual(await append(id, { pcm, seq: 0 }), answer);
    await assert.rejects(append(id, { pcm, seq: 3 }), { code: 'conflict', param: 'seq' });
    await assert.rejects(append(id, { pcm, sampleRate: 16_000 }), {
      code: 'invalid_request',
      param: 'sample_rate',
    });
    await assert.rejects(append(id, { pcm: Buffer.alloc(MOST_BYTES + 1) }), { code: 'too_large' });
    await assert.rejects(append('nope', { pcm }), { code: 'not_found' });
    await assert.rejects(append('3f0d1c9e-0000-4000-8000-000000000000', { pcm }), { code: 'not_found' });
    const stranger = '3f0d1c9e-0000-4000-8000-000000000001';
    await admin.rpush(`t:${stranger}`, 'a');
    await assert.rejects(one.sessions.finalize(stranger, { newOnly: false }, signal), { code: 'conflict' });
    const end = await one.sessions.finalize(id, { newOnly: false }, signal);
    assert.deepEqual(await one.sessions.finalize(id, { newOnly: false }, signal), end);
    await assert.rejects(append(id, { pcm }), { code: 'not_found' });
  });

  it('every use makes a session last longer, and there are so many at most', async () => {
    await admin.flushdb();
    const [id] = await Promise.all(Array.from({ length: MOST_SESSIONS }, () => create()));
    await assert.rejects(create(), { code: 'overloaded' });
    await admin.pexpire(`t:${id}`, 5_000);
    await append(id, { pcm: SOUND.subarray(0, 32_000) });
    assert.ok((await admin.pttl(`t:${id}`)) > LIMITS.timeoutMs - 10_000);
    assert.ok((await admin.pttl(`t:${id}:a`)) > LIMITS.timeoutMs - 10_000);
  });

  it('a session that expired is unknown, also to who heard it, and leaves nothing behind', async () => {
    await admin.flushdb();
    const other = await open();
    try {
      for (const by of [one, other]) {
        const id = await create();
        await append(id, { pcm: SOUND.subarray(0, 32_000) });
        for (const key of await admin.keys(`t:${id}*`)) await admin.pexpire(key, 1);
        await until('it has expired', async () => (await admin.keys(`t:${id}*`)).length === 0);
        await assert.rejects(append(id, { pcm: SOUND.subarray(0, 64_000) }, by), { code: 'not_found' });
        await assert.rejects(by.sessions.finalize(id, { newOnly: false }, signal), { code: 'not_found' });
        assert.deepEqual(await admin.keys(`t:${id}*`), []);
      }
    } finally {
      await other.close();
    }
  });

  it('Redis that comes back without its data: the session is unknown, and nothing else is wrong', async () => {
    await admin.flushdb();
    const id = await create();
    const piece = { pcm: Buffer.alloc(3_200), seq: 0 };
    await append(id, piece);
    await redis.stop();
    await assert.rejects(append(id, { ...piece, seq: 1 }), { code: 'store_unavailable', retryAfter: 2 });
    assert.match(one.sessions.trouble(), /Redis/);
    await redis.start();
    await assert.rejects(
      untilBack(() => append(id, piece)),
      { code: 'not_found' },
    );
    assert.equal(one.sessions.trouble(), undefined);
  });
});

/** As a client that heeds Retry-After, less patient. */
async function untilBack(work) {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (error.code !== 'store_unavailable' || tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
