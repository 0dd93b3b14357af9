/** Sessions by id on a real streaming model: any pieces give the same; Redis shared by two servers, one of which dies. */
import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { NO_REDIS, startRedis } from './redis-server.mjs';
import { LIMITS, openMemory, openRedis, openRuntime } from './session-runtime.mjs';
import { cut, NO_SHERPA, pcmOf, RATE, randoms, roundRobin, startInstance } from './session-speech.mjs';
import { TONE, toneHome } from './tone-home.mjs';

/** 8 s: two phrases and one that is only ended by the end. */
const SOUND = pcmOf(900, 'привет мир', 1500, 'да', 2100, 'молоко', 1140, 'ещё', 420);
const SAID = ['привет мир', 'да', 'молоко', 'ещё'];
const { signal } = new AbortController();
setMaxListeners(0, signal);
const texts = ({ phrases }) => phrases.map(({ text }) => text);

/** Sends all pieces; every phrase as it was told, and the answer of the end. */
async function send(sessions, pieces) {
  const { id } = await sessions.create({ model: TONE, signal });
  const told = [];
  for (const [seq, pcm] of pieces.entries()) {
    const answer = await sessions.append(id, { pcm, sampleRate: RATE, seq }, signal);
    told.push(...answer.phrases);
  }
  const rest = await sessions.finalize(id, { newOnly: true }, signal);
  const whole = await sessions.finalize(id, { newOnly: false }, signal);
  return { told: [...told, ...rest.phrases], whole };
}

describe('sessions by id', { skip: NO_SHERPA }, () => {
  let home;
  before(async () => {
    home = await toneHome();
  });
  after(() => home?.remove());

  it('20 random splits, from one byte on: phrases, words and times as in one piece', async () => {
    const memory = await openRuntime(home.home, openMemory());
    try {
      const { whole } = await send(memory.sessions, [SOUND]);
      assert.deepEqual(texts(whole), SAID);
      const random = randoms(7);
      const all = await Promise.all(
        Array.from({ length: 20 }, async () => send(memory.sessions, cut(SOUND, random))),
      );
      for (const one of all) {
        assert.deepEqual(one.whole.phrases, whole.phrases);
        assert.deepEqual(one.told, whole.phrases);
        assert.equal(one.whole.audioSeconds, SOUND.length / 2 / RATE);
      }
    } finally {
      await memory.close();
    }
  });

  describe('in Redis', { skip: NO_REDIS }, () => {
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

    it('two servers take turns, one is killed half-way: every session has its whole text, once', async () => {
      const pair = await Promise.all([
        startInstance(home.home, redis.url),
        startInstance(home.home, redis.url),
      ]);
      const any = roundRobin(pair);
      let sent = 0;
      let killed;
      const pieces = chunks(SOUND, 8_000);
      const half = (6 * pieces.length) / 2;
      try {
        await Promise.all(
          Array.from({ length: 6 }, async () => {
            const { id } = await any((one) => one.create(TONE));
            const told = [];
            for (const [seq, pcm] of pieces.entries()) {
              told.push(...texts(await any((one) => one.append(id, pcm, seq))));
              if (++sent >= half) killed ??= pair[0].kill();
            }
            assert.deepEqual(texts(await any((one) => one.finalize(id))), SAID);
            told.push(...texts(await any((one) => one.finalize(id, { newOnly: true }))));
            assert.deepEqual(told, SAID);
          }),
        );
        assert.ok(killed, 'one was killed');
      } finally {
        await Promise.all(pair.map((one) => one.stop()));
      }
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

    it('a full Redis is said, and when there is room the session goes on', async () => {
      const one = await openRuntime(home.home, await openRedis(redis.url));
      try {
        const { id } = await one.sessions.create({ model: TONE, signal });
        const pieces = chunks(SOUND, 32_000);
        const first = await one.sessions.append(id, { pcm: pieces[0], sampleRate: RATE, seq: 0 }, signal);
        await admin.config('SET', 'maxmemory', '1');
        const second = { pcm: pieces[1], sampleRate: RATE, seq: 1 };
        await assert.rejects(one.sessions.append(id, second, signal), {
          code: 'store_unavailable',
          message: /OOM/,
          retryAfter: 2,
        });
        await admin.config('SET', 'maxmemory', '0');
        const told = texts(first);
        for (const [seq, pcm] of pieces.entries())
          if (seq > 0)
            told.push(...texts(await one.sessions.append(id, { pcm, sampleRate: RATE, seq }, signal)));
        told.push(...texts(await one.sessions.finalize(id, { newOnly: true }, signal)));
        assert.deepEqual(told, SAID);
      } finally {
        await admin.config('SET', 'maxmemory', '0');
        await one.close();
      }
    });
  });

  it('Redis that comes back: with its data the session goes on, without it is unknown', {
    skip: NO_REDIS,
  }, async () => {
    for (const keeps of [true, false]) {
      const redis = await startRedis(keeps ? ['--appendonly', 'yes', '--appendfsync', 'always'] : []);
      const one = await openRuntime(home.home, await openRedis(redis.url));
      try {
        const { id } = await one.sessions.create({ model: TONE, signal });
        const pieces = chunks(SOUND, 32_000);
        const told = texts(
          await one.sessions.append(id, { pcm: pieces[0], sampleRate: RATE, seq: 0 }, signal),
        );
        await redis.stop();
        const piece = { pcm: pieces[1], sampleRate: RATE, seq: 1 };
        await assert.rejects(one.sessions.append(id, piece, signal), {
          code: 'store_unavailable',
          retryAfter: 2,
        });
        assert.match(one.sessions.trouble(), /Redis/);
        await redis.start();
        const again = () => one.sessions.append(id, piece, signal);
        if (!keeps) {
          await assert.rejects(untilBack(again), { code: 'not_found' });
          continue;
        }
        told.push(...texts(await untilBack(again)));
        assert.equal(one.sessions.trouble(), undefined);
        for (const [seq, pcm] of pieces.entries())
          if (seq > 1)
            told.push(...texts(await one.sessions.append(id, { pcm, sampleRate: RATE, seq }, signal)));
        told.push(...texts(await one.sessions.finalize(id, { newOnly: true }, signal)));
        assert.deepEqual(told, SAID);
      } finally {
        await one.close();
        await redis.remove();
      }
    }
  });
});

function chunks(pcm, bytes) {
  return Array.from({ length: Math.ceil(pcm.length / bytes) }, (_, at) =>
    pcm.subarray(at * bytes, (at + 1) * bytes),
  );
}

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
