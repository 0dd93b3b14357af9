import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { Turns } from './turns.js';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('turns: first come, first served, and one who leaves is skipped', async () => {
  const turns = new Turns();
  const { signal } = new AbortController();
  const abort = new AbortController();
  const order: number[] = [];
  const end = await turns.take(signal);
  const second = turns.take(abort.signal);
  const third = turns.take(signal).then((done) => {
    order.push(3);
    done();
  });
  abort.abort();
  await assert.rejects(second, (error) => VoxError.is(error) && error.code === 'cancelled');
  await tick();
  assert.deepEqual(order, []);
  end();
  end();
  await third;
  (await turns.take(signal))();
});
