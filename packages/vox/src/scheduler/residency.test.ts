import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import type { ModelHost } from '../host/model-host.js';
import type { ModelSpec, ResidencyOptions } from './model-spec.js';
import { Residency } from './residency.js';

/** Stands in for a runner: it answers load and close, and can be made to die. It proves nothing about processes. */
class FakeHost {
  alive = true;
  memoryBytes = 100;
  pid = undefined;
  info = { concurrency: 1 };
  trims = 0;
  async trim(): Promise<number> {
    this.trims++;
    this.memoryBytes -= 10;
    return 10;
  }
  end: () => void = () => {};
  gone = new Promise<void>((resolve) => {
    this.end = () => {
      this.alive = false;
      resolve();
    };
  });
  async close(): Promise<void> {
    this.end();
    await this.gone;
  }
  destroy(): void {
    this.end();
  }
}

function make(options: Partial<ResidencyOptions> = {}) {
  const loads: string[] = [];
  const hosts: FakeHost[] = [];
  const clock = { now: 0 };
  const residency = new Residency({
    maxLoaded: 2,
    budgetBytes: undefined,
    keepAliveSeconds: 300,
    idleTrimSeconds: 0,
    queueLimit: 2,
    now: () => clock.now++,
    load: async (spec) => {
      loads.push(spec.reference);
      const host = new FakeHost();
      hosts.push(host);
      return host as unknown as ModelHost;
    },
    ...options,
  });
  return { residency, loads, hosts, clock };
}

const spec = (reference: string, estimateBytes = 100): ModelSpec => ({
  reference,
  kind: 'stt',
  estimateBytes,
  preload: [],
  message: {} as ModelSpec['message'],
});
const signal = new AbortController().signal;
const acquire = (residency: Residency, model: ModelSpec, keepAlive: number | undefined, until: AbortSignal) =>
  residency.acquire(model.reference, async () => model, keepAlive, until);
const names = (residency: Residency) => residency.loaded().map((m) => m.reference);
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('residency', () => {
  it('loads once however many ask at once', async () => {
    const { residency, loads } = make();
    const first = acquire(residency, spec('a:1'), undefined, signal);
    const second = acquire(residency, spec('a:1'), undefined, signal);
    (await first).release();
    (await second).release();
    assert.deepEqual(loads, ['a:1']);
  });

  it('evicts the least recently used idle model, and waits when all are in use', async () => {
    const { residency, loads } = make();
    const a = await acquire(residency, spec('a:1'), undefined, signal);
    const b = await acquire(residency, spec('b:1'), undefined, signal);
    let c: Awaited<typeof a> | undefined;
    const waiting = acquire(residency, spec('c:1'), undefined, signal).then((lease) => {
      c = lease;
    });
    await turn();
    assert.equal(c, undefined);
    b.release();
    await waiting;
    assert.deepEqual(names(residency).sort(), ['a:1', 'c:1']);
    a.release();
    assert.deepEqual(loads, ['a:1', 'b:1', 'c:1']);
  });

  it('refuses with overloaded when the queue is full, and forgets a waiter that went away', async () => {
    const { residency } = make();
    await acquire(residency, spec('a:1'), undefined, signal);
    const gone = new AbortController();
    const waits = [1, 2].map(() => acquire(residency, spec('a:1'), undefined, gone.signal));
    await turn();
    await assert.rejects(acquire(residency, spec('a:1'), undefined, signal), { code: 'overloaded' });
    gone.abort();
    for (const wait of waits) await assert.rejects(wait, { code: 'cancelled' });
    const third = acquire(residency, spec('a:1'), undefined, signal);
    await turn();
    assert.equal(residency.loaded()[0]?.leases, 2);
    void third.catch(() => {});
    residency.destroy();
  });

  it('keeps within the memory budget, and says so when one model alone is too large', async () => {
    const { residency } = make({ budgetBytes: 150 });
    (await acquire(residency, spec('a:1'), undefined, signal)).release();
    (await acquire(residency, spec('b:1'), undefined, signal)).release();
    assert.deepEqual(names(residency), ['b:1']);
    await assert.rejects(acquire(residency, spec('big:1', 200), undefined, signal), {
      code: 'out_of_memory',
    });
  });

  it('trims idle models only, all or one, and those that were idle for long enough', async () => {
    const { residency, hosts, clock } = make();
    const busy = await acquire(residency, spec('a:1'), undefined, signal);
    (await acquire(residency, spec('b:1'), undefined, signal)).release();
    assert.deepEqual(await residency.trim(), [{ reference: 'b:1', freedBytes: 10 }]);
    assert.deepEqual(await residency.trim({ reference: 'a:1' }), []);
    assert.deepEqual(await residency.trim({ minIdleSeconds: 60 }), []);
    clock.now += 61_000;
    assert.equal((await residency.trim({ minIdleSeconds: 60 })).length, 1);
    assert.deepEqual(
      hosts.map((host) => host.trims),
      [0, 2],
    );
    busy.release();
    residency.destroy();
  });

  it('trims by itself after the time of idleness that is set, once', async () => {
    const { residency, hosts } = make({ idleTrimSeconds: 0.001 });
    (await acquire(residency, spec('a:1'), undefined, signal)).release();
    for (let i = 0; i < 200 && hosts[0]?.trims === 0; i++) await turn();
    await turn();
    assert.equal(hosts[0]?.trims, 1);
    residency.destroy();
  });

  it('makes room under the budget: trims, then unloads the oldest, then refuses', async () => {
    const { residency, hosts } = make({ budgetBytes: 210 });
    await residency.makeRoomFor(200);
    (await acquire(residency, spec('a:1'), undefined, signal)).release();
    const b = await acquire(residency, spec('b:1', 50), undefined, signal);
    for (const host of hosts) host.memoryBytes = 105;
    await residency.makeRoomFor(5);
    assert.deepEqual(names(residency).sort(), ['a:1', 'b:1'], 'trimming was enough');
    assert.deepEqual(
      hosts.map((host) => host.trims),
      [1, 0],
    );
    await residency.makeRoomFor(80);
    assert.deepEqual(names(residency), ['b:1']);
    await assert.rejects(residency.makeRoomFor(120), { code: 'out_of_memory' });
    b.release();
    assert.deepEqual(await residency.unloadIdle(), ['b:1']);
    await make().residency.makeRoomFor(Number.MAX_SAFE_INTEGER);
  });

  it('unloads at once with keep-alive 0', async () => {
    const { residency } = make();
    (await acquire(residency, spec('a:1'), 0, signal)).release();
    await turn();
    assert.deepEqual(names(residency), []);
  });

  it('lets running work finish when told to unload, and loads afresh for new work', async () => {
    const { residency, loads } = make();
    const lease = await acquire(residency, spec('a:1'), undefined, signal);
    let unloaded = false;
    const unloading = residency.unload('a:1').then(() => {
      unloaded = true;
    });
    await turn();
    assert.equal(unloaded, false);
    const again = await acquire(residency, spec('a:1'), undefined, signal);
    lease.release();
    await unloading;
    again.release();
    assert.deepEqual(loads, ['a:1', 'a:1']);
  });

  it('starts a dead runner again at once, then with growing patience', async () => {
    const { residency, hosts, clock } = make();
    for (let crash = 0; crash < 2; crash++) {
      await acquire(residency, spec('a:1'), undefined, signal);
      hosts[crash]?.end();
      await turn();
    }
    await assert.rejects(acquire(residency, spec('a:1'), undefined, signal), (error) => {
      return VoxError.is(error) && error.code === 'restarting' && error.retryAfter === 1;
    });
    clock.now += 2000;
    (await acquire(residency, spec('a:1'), undefined, signal)).release();
    assert.equal(hosts.length, 3);
  });

  it('refuses new work once closed', async () => {
    const { residency } = make();
    await residency.close();
    await assert.rejects(acquire(residency, spec('a:1'), undefined, signal), { code: 'shutting_down' });
  });
});
