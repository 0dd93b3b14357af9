import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from '@vox-speech/contract';
import { Credit } from './credit.js';

const settled = async (promise: Promise<void>): Promise<boolean> => {
  let done = false;
  promise.then(
    () => {
      done = true;
    },
    () => {},
  );
  await new Promise((resolve) => setImmediate(resolve));
  return done;
};

test('waits until what is on its way is acknowledged', async () => {
  const credit = new Credit(100);
  const { signal } = new AbortController();
  await credit.take(60, signal);
  const second = credit.take(60, signal);
  assert.equal(await settled(second), false);
  credit.add(10);
  assert.equal(await settled(second), false);
  credit.add(10);
  assert.equal(await settled(second), true);
});

test('a piece larger than all credit leaves when nothing else is on its way', async () => {
  const credit = new Credit(10);
  const { signal } = new AbortController();
  await credit.take(25, signal);
  const next = credit.take(1, signal);
  credit.add(24);
  assert.equal(await settled(next), true);
});

test('waiting can be cancelled', async () => {
  const credit = new Credit(1);
  const abort = new AbortController();
  await credit.take(1, abort.signal);
  const waiting = credit.take(1, abort.signal);
  abort.abort();
  await assert.rejects(waiting, (error) => VoxError.is(error) && error.code === 'cancelled');
});
