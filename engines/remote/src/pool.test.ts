import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type Upstream, VoxError } from '@vox-speech/contract';
import { Pool } from './pool.js';
import { NEVER, nobody, SERVED, standIn, until } from './upstream.test-support.js';

const A: Upstream = { url: 'http://a:8000', apiKey: 'secret-of-a' };
const B: Upstream = { url: 'http://b:8000' };

/** A pool whose clock stands still until it is moved, and whose upstreams say what `serves` says. */
function pool(t: TestContext, upstreams: readonly Upstream[] = [A, B]) {
  const state = { now: 0, serves: new Map<Upstream, boolean | VoxError>() };
  const made = new Pool({
    upstreams,
    served: SERVED,
    launch: `vllm serve ${SERVED}`,
    now: () => state.now,
    discover: async (upstream) => {
      const serves = state.serves.get(upstream) ?? true;
      if (VoxError.is(serves)) throw serves;
      return { serves, instead: ['other/model'] };
    },
  });
  t.after(() => made.close());
  return { pool: made, state };
}

const taken = (one: Pool, count: number) => Array.from({ length: count }, () => one.take());
const down = (url: string) => new VoxError('upstream_failed', `${url} refused the connection`);

describe('a pool of upstreams', () => {
  it('asks the least loaded, and equals in turn', async (t) => {
    const { pool: one } = pool(t);
    await one.ready(NEVER);
    await until('both are known', () => {
      const turns = taken(one, 2);
      for (const turn of turns) turn.release('ok');
      return turns[0]?.upstream !== turns[1]?.upstream;
    });
    const turns = taken(one, 4);
    assert.equal(turns.filter(({ upstream }) => upstream === A).length, 2);
    for (const turn of turns) if (turn.upstream === B) turn.release('ok');
    assert.deepEqual(
      taken(one, 2).map(({ upstream }) => upstream),
      [B, B],
    );
  });

  it('leaves one alone after three faults, for ever longer, and tries it with one turn', async (t) => {
    const { pool: one, state } = pool(t, [A]);
    await one.ready(NEVER);
    for (let i = 0; i < 3; i++) one.take().release('failed', 'http://a:8000 answered 500');
    for (const pause of [1_000, 2_000, 4_000]) {
      assert.throws(() => one.take(), { code: 'upstream_unavailable', message: /answered 500/ });
      state.now += pause - 1;
      assert.throws(() => one.take(), { code: 'upstream_unavailable' });
      state.now += 1;
      const trial = one.take();
      assert.throws(() => one.take(), { code: 'upstream_unavailable' }, 'one trial at a time');
      trial.release('failed', 'http://a:8000 answered 500');
    }
    state.now += 8_000;
    one.take().release('ok');
    assert.equal(taken(one, 3).length, 3);
  });

  it('forgets faults that are not in a row, and counts a turn once', async (t) => {
    const { pool: one } = pool(t, [A]);
    await one.ready(NEVER);
    for (let i = 0; i < 6; i++) one.take().release(i % 3 === 2 ? 'ok' : 'failed');
    const turn = one.take();
    for (let i = 0; i < 5; i++) turn.release('failed');
    one.take();
  });

  it('learns nothing from work that was left', async (t) => {
    const { pool: one } = pool(t, [A]);
    await one.ready(NEVER);
    for (const outcome of ['failed', 'failed', 'left', 'failed'] as const) one.take().release(outcome);
    assert.throws(() => one.take(), { code: 'upstream_unavailable' });
  });

  it('does not ask one that serves another model, and says what each says', async (t) => {
    const { pool: one, state } = pool(t);
    state.serves.set(A, down('http://a:8000')).set(B, false);
    await one.ready(NEVER);
    assert.throws(() => one.take(), {
      code: 'upstream_unavailable',
      message:
        'no server that runs test/model can be asked: http://a:8000 refused the connection; ' +
        'http://b:8000 serves other/model. Start one: vllm serve test/model',
      retryAfter: 5,
    });
    state.serves.set(B, true);
    state.now += 1_000;
    await one.ready(NEVER);
    assert.equal(one.take().upstream, B);
  });

  it('passes over those that were tried', async (t) => {
    const { pool: one } = pool(t);
    await one.ready(NEVER);
    const { upstream } = one.take();
    assert.notEqual(one.take(new Set([upstream])).upstream, upstream);
    assert.throws(() => one.take(new Set([A, B])), { code: 'upstream_unavailable' });
  });

  it('takes its chance with one that was never asked', (t) => {
    const { pool: one } = pool(t);
    assert.equal(taken(one, 8).length, 8);
  });

  it('stops waiting when nobody waits any more', async (t) => {
    const one = new Pool({ upstreams: [A], served: SERVED, discover: () => new Promise(() => {}) });
    t.after(() => one.close());
    const abort = new AbortController();
    const ready = one.ready(abort.signal);
    abort.abort();
    await ready;
  });

  it('needs an upstream', () => {
    assert.throws(() => new Pool({ upstreams: [], served: SERVED }), {
      code: 'upstream_unavailable',
      message: /VOX_UPSTREAMS/,
    });
  });
});

describe('discovery', () => {
  it('finds what is served, and comes back to one that was down by itself', async (t) => {
    const up = await standIn(t);
    up.health = 503;
    const one = new Pool({ upstreams: [up.upstream], served: SERVED });
    t.after(() => one.close());
    await one.ready(NEVER);
    assert.throws(() => one.take(), { code: 'upstream_unavailable', message: /answered 503/ });
    up.health = 200;
    up.models = ['some/other'];
    await until('it is asked again', () => {
      try {
        one.take();
      } catch (error) {
        return (error as Error).message.includes('serves some/other');
      }
      throw new Error('taken though it serves another model');
    });
    up.models = ['some/other', SERVED];
    await until('it is back', () => {
      try {
        one.take().release('ok');
        return true;
      } catch {
        return false;
      }
    });
  });

  it('tells of a refused key without telling it', async (t) => {
    const keyed = await standIn(t, undefined, 'right-key');
    const gone = await nobody(t);
    const one = new Pool({ upstreams: [{ ...keyed.upstream, apiKey: 'wrong-key' }, gone], served: SERVED });
    t.after(() => one.close());
    await one.ready(NEVER);
    assert.throws(
      () => one.take(),
      ({ message, code }: VoxError) => {
        assert.equal(code, 'upstream_unavailable');
        assert.match(message, /answered 401: it asks for another key/);
        assert.match(message, /refused the connection/);
        assert.ok(!message.includes('wrong-key'));
        return true;
      },
    );
  });
});
