/** Sessions by id in a real Redis, on a real streaming model. What HTTP shows of them is in tone-http and tone-redis. */
import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { NO_REDIS, startRedis } from './redis-server.mjs';
import { LIMITS, openRedis, openRuntime } from './session-runtime.mjs';
import { chunks, NO_SHERPA, pcmOf, RATE, SAID, SOUND } from './session-speech.mjs';
import { TONE, toneHome } from './tone-home.mjs';

const { signal } = new AbortController();
setMaxListeners(0, signal);
const texts = ({ phrases }) => phrases.map(({ text }) => text);

describe('sessions by id', { skip: NO_SHERPA || NO_REDIS }, () => {
  let home;
  before(async () => {
    home = await toneHome();
  });
  after(() => home?.remove());

  describe('in Redis', () => {
    let redis;
    let admin;
    before(async () => {
      redis = await startRedis();
      admin = new Redis(redis.url);
    });
    after(async () => {
      admin?.disconnect();
      await redis?.remove();
    });

    it('a server that stops gives its sessions back, and touches nobody else`s', async () => {
      const first = await openRuntime(home.home, await openRedis(redis.url));
      const second = await openRuntime(home.home, await openRedis(redis.url));
      try {
        const pieces = chunks(SOUND, 16_000);
        const mine = await second.sessions.create({ model: TONE, signal });
        await second.sessions.append(mine.id, { pcm: pieces[0], sampleRate: RATE }, signal);
        const { id } = await first.sessions.create({ model: TONE, signal });
        const half = pieces.length / 2;
        const told = [];
        for (const pcm of pieces.slice(0, half))
          told.push(...texts(await first.sessions.append(id, { pcm, sampleRate: RATE }, signal)));
        await first.sessions.close();
        await assert.rejects(first.sessions.finalize(id, { newOnly: false }, signal), {
          code: 'shutting_down',
        });
        for (const pcm of pieces.slice(half))
          told.push(...texts(await second.sessions.append(id, { pcm, sampleRate: RATE }, signal)));
        told.push(...texts(await second.sessions.finalize(id, { newOnly: true }, signal)));
        assert.deepEqual(told, SAID);
        assert.equal(
          (await second.sessions.append(mine.id, { pcm: pieces[1], sampleRate: RATE }, signal)).seq,
          1,
        );
      } finally {
        await first.close();
        await second.close();
      }
    });

    it('says what is wrong: gaps, retries, another format, another rate, an unknown id', async () => {
      const one = await openRuntime(home.home, await openRedis(redis.url, { maxBytes: 100_000 }));
      const append = (id, piece) => one.sessions.append(id, { sampleRate: RATE, ...piece }, signal);
      try {
        const { id } = await one.sessions.create({ model: TONE, signal });
        await assert.rejects(append(id, { pcm: Buffer.alloc(10), seq: 1 }), {
          code: 'conflict',
          param: 'seq',
        });
        const pcm = pcmOf(600, 'да', 1500);
        const answer = await append(id, { pcm, seq: 0 });
        assert.deepEqual(texts(answer), ['да']);
        assert.deepEqual(await append(id, { pcm, seq: 0 }), answer);
        await assert.rejects(append(id, { pcm, seq: 3 }), { code: 'conflict', param: 'seq' });
        await assert.rejects(append(id, { pcm, sampleRate: 16_000 }), {
          code: 'invalid_request',
          param: 'sample_rate',
        });
        await assert.rejects(append(id, { pcm: Buffer.alloc(100_001) }), { code: 'too_large' });
        await assert.rejects(append('nope', { pcm }), { code: 'not_found' });
        await assert.rejects(append('3f0d1c9e-0000-4000-8000-000000000000', { pcm }), { code: 'not_found' });
        const stranger = '3f0d1c9e-0000-4000-8000-000000000001';
        await admin.set(`t:${stranger}`, Buffer.from([0x80, 4, 0x95, 0x4e]));
        await assert.rejects(append(stranger, { pcm }), { code: 'conflict', message: /not in Vox's format/ });
        await admin.del(`t:${stranger}`);
        await admin.rpush(`t:${stranger}`, 'a');
        await assert.rejects(one.sessions.finalize(stranger, { newOnly: false }, signal), {
          code: 'conflict',
        });
        const end = await one.sessions.finalize(id, { newOnly: false }, signal);
        assert.deepEqual(await one.sessions.finalize(id, { newOnly: false }, signal), end);
        await assert.rejects(append(id, { pcm }), { code: 'not_found' });
      } finally {
        await one.close();
      }
    });

    it('every use makes a session last longer, and the oldest are forgotten', async () => {
      const one = await openRuntime(home.home, await openRedis(redis.url, { prefix: 'x:', maxSessions: 1 }));
      try {
        const { id } = await one.sessions.create({ model: TONE, signal });
        await assert.rejects(one.sessions.create({ model: TONE, signal }), { code: 'overloaded' });
        await admin.pexpire(`x:${id}`, 5_000);
        await one.sessions.append(id, { pcm: SOUND, sampleRate: RATE }, signal);
        assert.ok((await admin.pttl(`x:${id}`)) > LIMITS.timeoutMs - 10_000);
        assert.ok((await admin.pttl(`x:${id}:a`)) > LIMITS.timeoutMs - 10_000);
      } finally {
        await one.close();
      }
    });

    it('Redis that comes back without its data: the session is unknown, and nothing else is wrong', async () => {
      const forgetful = await startRedis();
      const one = await openRuntime(home.home, await openRedis(forgetful.url));
      try {
        const { id } = await one.sessions.create({ model: TONE, signal });
        const piece = { pcm: Buffer.alloc(3_200), sampleRate: RATE, seq: 0 };
        await one.sessions.append(id, piece, signal);
        await forgetful.stop();
        await assert.rejects(one.sessions.append(id, { ...piece, seq: 1 }, signal), {
          code: 'store_unavailable',
          retryAfter: 2,
        });
        assert.match(one.sessions.trouble(), /Redis/);
        await forgetful.start();
        await assert.rejects(
          untilBack(() => one.sessions.append(id, piece, signal)),
          { code: 'not_found' },
        );
        assert.equal(one.sessions.trouble(), undefined);
      } finally {
        await one.close();
        await forgetful.remove();
      }
    });
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
