import assert from 'node:assert/strict';
import { test } from 'node:test';
import { all } from '../transport/waiting.test.support.js';
import { Listener } from './listener.js';
import { throttled } from './throttle.js';
import type { PullEvent } from './types.js';

const bytes = (completed: number): PullEvent => ({
  status: 'downloading x',
  bytes_completed: completed,
  bytes_total: 1000,
});

test('a burst of figures becomes few events; the first, the last and every other status come through in order', () => {
  const seen: PullEvent[] = [];
  const events = throttled((event) => seen.push(event));
  events.emit({ status: 'pulling x' });
  for (let done = 0; done <= 1000; done++) events.emit(bytes(done));
  events.emit({ status: 'verifying' });
  events.flush();
  assert.deepEqual(
    [seen[0], seen[1], seen.at(-2), seen.at(-1)],
    [{ status: 'pulling x' }, bytes(0), bytes(1000), { status: 'verifying' }],
  );
  assert.ok(seen.length < 500, `${seen.length} events`);
});

test('the newest figure arrives though nothing follows it', async () => {
  const arrived = new Promise<PullEvent>((resolve) => {
    const events = throttled((event) => event.bytes_completed === 7 && resolve(event));
    events.emit(bytes(1));
    events.emit(bytes(7));
  });
  assert.equal((await arrived).bytes_completed, 7);
});

test('a listener that does not read keeps the latest figure only, and a bounded number of steps', async () => {
  const listener = new Listener();
  for (let done = 0; done < 1000; done++) listener.push(bytes(done));
  for (let step = 0; step < 300; step++) listener.push({ status: `step ${step}` });
  listener.end();
  const events = await all(listener.read());
  assert.equal(events.length, 256);
  assert.equal(events.at(-1)?.status, 'step 299');
});

test('an error ends reading after what came before it', async () => {
  const listener = new Listener();
  listener.push({ status: 'a' });
  listener.end(new Error('no more'));
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const event of listener.read()) seen.push(event.status);
  }, /no more/);
  assert.deepEqual(seen, ['a']);
});
