import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ModelInfo, VoxError } from '@vox-speech/contract';
import type { Listen } from './hearing.js';
import { createResumableSessions, MemoryStore } from './index.js';

/** Hz. To the recogniser that stands in here a byte is a letter, and a full stop the end of a phrase. */
const RATE = 8_000;
const never = (): AbortSignal => new AbortController().signal;

/** A store that is away when a session is to be told or given more, as often as was said. */
class FailingStore extends MemoryStore {
  readonly away = { append: 0, tell: 0 };

  override append(...given: Parameters<MemoryStore['append']>) {
    return this.away.append-- > 0 ? gone() : super.append(...given);
  }

  override tell(...given: Parameters<MemoryStore['tell']>) {
    return this.away.tell-- > 0 ? gone() : super.tell(...given);
  }
}

const gone = () => Promise.reject(new VoxError('store_unavailable', 'away'));

function open({ timeoutMs = 60_000, maxSessions = 9, maxBytes = 1_000, crashes = 0 } = {}) {
  let now = 0;
  let opened = 0;
  let left = crashes;
  const heard: string[] = [];
  const listen: Listen = async (request, listener) => {
    const number = ++opened;
    let at = 0;
    let open = '';
    const end = (reason: 'silence' | 'end'): void => {
      if (open === '') return;
      const timing = { endpointToFinalMs: 0, sinceFirstAudioMs: 0, decodeMs: 0, revisedShare: 0 };
      const endMs = (at / 2 / RATE) * 1000;
      listener.onEvent({ type: 'final', utterance: 1, text: open, startMs: 0, endMs, reason, timing });
      open = '';
    };
    return {
      model: request.model,
      info: {} as ModelInfo,
      queuedMs: 0,
      append(bytes) {
        heard.push(`${number}:${Buffer.from(bytes).toString('latin1')}`);
        for (const byte of bytes) {
          at++;
          if (byte === 46) end('silence');
          else open += String.fromCharCode(byte);
        }
        if (open !== '')
          listener.onEvent({ type: 'partial', utterance: 1, text: open, stable: 0, startMs: 0, endMs: 0 });
        return true;
      },
      commit: () => {},
      async heard() {
        if (left-- <= 0) return;
        const error = new VoxError('runner_crashed', 'it died');
        listener.onError(error);
        throw error;
      },
      finish() {
        end('end');
        listener.onEnd({ audioMs: 0, utterances: 1 });
      },
    };
  };
  const store = new FailingStore({ timeoutMs, maxSessions, maxBytes }, () => now);
  const resolve = async ({ model }: { model: string }) => ({ reference: model || 'a:1', warnings: [] });
  const sessions = createResumableSessions({ store, listen, resolve });
  return {
    sessions,
    heard,
    away: store.away,
    later(ms: number) {
      now += ms;
    },
    create: async () => (await sessions.create({ model: '', signal: never() })).id,
    async append(id: string, text: string, seq?: number, sampleRate = RATE) {
      const piece = { pcm: Buffer.from(text), sampleRate, ...(seq === undefined ? {} : { seq }) };
      const { phrases, partial, seq: number } = await sessions.append(id, piece, never());
      return [number, ...phrases.map(({ text: said }) => said), `(${partial})`].join(' ');
    },
    async finalize(id: string, newOnly = false) {
      const { phrases } = await sessions.finalize(id, { newOnly }, never());
      return phrases.map(({ text }) => text).join(' ');
    },
  };
}

describe('sessions by id, in memory', () => {
  it('tell each phrase once, and what is being said; the end tells all, or what was not told', async () => {
    const { create, append, finalize, sessions } = open();
    const id = await create();
    assert.equal(await append(id, 'ab.c'), '0 ab (c)');
    assert.equal(await append(id, 'd'), '1 (cd)');
    assert.equal(await append(id, ''), '2 (cd)');
    assert.equal(await append(id, '.ef'), '3 cd (ef)');
    assert.equal(await finalize(id), 'ab cd ef');
    assert.equal(await finalize(id, true), 'ef');
    assert.equal(await finalize(id), 'ab cd ef');
    await sessions.close();
  });

  it('hear a retried piece once and answer the same; a gap and an old piece are a conflict', async () => {
    const { create, append, heard, sessions } = open();
    const id = await create();
    await assert.rejects(append(id, 'a', 1), { code: 'conflict', message: /seq must be 0, not 1/ });
    assert.equal(await append(id, 'a.b', 0), '0 a (b)');
    assert.equal(await append(id, 'a.b', 0), '0 a (b)');
    assert.equal(await append(id, 'c', 1), '1 (bc)');
    await assert.rejects(append(id, 'a.b', 0), { code: 'conflict', message: /seq must be 2, or 1 again/ });
    assert.deepEqual(heard, ['1:a.b', '1:c']);
    await sessions.close();
  });

  it('at once: one after the other, and refused where too many wait', async () => {
    const { create, append, sessions } = open();
    const id = await create();
    assert.deepEqual(await Promise.all([append(id, 'a'), append(id, 'b')]), ['0 (a)', '1 (ab)']);
    const many = await Promise.allSettled(Array.from({ length: 12 }, () => append(id, 'c')));
    const refused = many.filter((one) => one.status === 'rejected');
    assert.equal(refused.length, 3);
    assert.ok(refused.every(({ reason }) => reason.code === 'conflict'));
    await sessions.close();
  });

  it('a model that dies is opened again and hears the open audio again; nothing is told twice', async () => {
    const { create, append, finalize, heard, sessions } = open({ crashes: 2 });
    const id = await create();
    assert.equal(await append(id, 'ab.c'), '0 ab (c)');
    assert.equal(await append(id, 'd.'), '1 cd ()');
    assert.equal(await finalize(id), 'ab cd');
    assert.deepEqual(heard.slice(0, 3), ['1:ab.c', '2:ab.c', '3:ab.c']);
    await sessions.close();
  });

  it('a store that is away: what was heard is not heard again, unless it could not be kept', async () => {
    const { create, append, finalize, heard, away, sessions } = open();
    const id = await create();
    assert.equal(await append(id, 'ab', 0), '0 (ab)');
    away.append = 1;
    await assert.rejects(append(id, 'c.', 1), { code: 'store_unavailable' });
    assert.equal(await append(id, 'c.', 1), '1 abc ()');
    assert.deepEqual(heard, ['1:ab', '1:c.']);
    away.tell = 1;
    await assert.rejects(append(id, 'd.', 2), { code: 'store_unavailable' });
    assert.equal(await append(id, 'd.', 2), '2 d ()');
    assert.ok(heard.includes('2:d.'), heard.join(' '));
    assert.equal(await finalize(id), 'abc d');
    await sessions.close();
  });

  it('gives up on a model that always dies, and keeps the session', async () => {
    const { create, append, sessions } = open({ crashes: 3 });
    const id = await create();
    await assert.rejects(append(id, 'ab', 0), { code: 'runner_crashed' });
    assert.equal(await append(id, 'ab', 0), '0 (ab)');
    await sessions.close();
  });

  it('expire by their last use; what is unknown, expired or over is not found', async () => {
    const { create, append, finalize, later, sessions } = open({ timeoutMs: 1_000 });
    const id = await create();
    for (let times = 0; times < 3; times++) {
      later(900);
      await append(id, 'a');
    }
    const other = await create();
    await finalize(other);
    await assert.rejects(append(other, 'a'), { code: 'not_found' });
    later(1_100);
    await assert.rejects(append(id, 'a'), { code: 'not_found', message: `State ID '${id}' not found` });
    await assert.rejects(finalize(id), { code: 'not_found' });
    await assert.rejects(append('../../etc', 'a'), { code: 'not_found' });
    later(60_000);
    await assert.rejects(finalize(other), { code: 'not_found' });
    await sessions.close();
  });

  it('limits: sessions, bytes, one rate', async () => {
    const { create, append, sessions } = open({ maxSessions: 2, maxBytes: 10 });
    const [one, two] = [await create(), await create()];
    await assert.rejects(create(), { code: 'overloaded' });
    await assert.rejects(append(one, 'a'.repeat(11)), { code: 'too_large', message: /VOX_SESSION_BYTES/ });
    await append(one, 'abcdef');
    await assert.rejects(append(two, 'abcdef'), { code: 'overloaded' });
    await assert.rejects(append(one, 'a', undefined, 16_000), {
      code: 'invalid_request',
      param: 'sample_rate',
    });
    assert.equal(await append(one, 'g'), '1 (abcdefg)');
    await sessions.close();
    await assert.rejects(append(one, 'a'), { code: 'shutting_down' });
  });
});
