import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from './errors.js';
import { type DecodeKey, type LaneDecoder, Lanes } from './lanes.js';

const EN: DecodeKey = { language: 'en', task: 'transcribe' };
const DE: DecodeKey = { language: 'de', task: 'transcribe' };
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A recogniser whose decodes end when the test says so; it objects to two languages at once. */
class Recogniser implements LaneDecoder<number, string> {
  readonly running: { key: DecodeKey; id: number; end: () => void }[] = [];
  readonly started: number[] = [];
  decode(id: number, key: DecodeKey): Promise<string> {
    for (const other of this.running) assert.deepEqual(other.key, key, 'two languages on one recogniser');
    this.started.push(id);
    return new Promise((resolve) => {
      const run = {
        key,
        id,
        end: () => {
          this.running.splice(this.running.indexOf(run), 1);
          resolve(`${key.language}${id}`);
        },
      };
      this.running.push(run);
    });
  }
}

function setup(threads = 2) {
  const wide = new Recogniser();
  const narrow = new Recogniser();
  let made = 0;
  const lanes = new Lanes<number, string>(wide, threads, async () => {
    made++;
    return narrow;
  });
  const { signal } = new AbortController();
  const decode = (id: number, key = EN, cancel = signal): Promise<string> => lanes.decode(id, key, cancel);
  const endAll = async (): Promise<void> => {
    for (let guard = 0; guard < 100; guard++) {
      await tick();
      const run = wide.running[0] ?? narrow.running[0];
      if (run === undefined) return;
      run.end();
    }
  };
  return { wide, narrow, decode, endAll, made: () => made };
}

test('a lone client has the wide recogniser, and no other is made', async () => {
  const { wide, decode, endAll, made } = setup();
  for (const id of [1, 2, 3]) {
    const result = decode(id);
    await endAll();
    assert.equal(await result, `en${id}`);
  }
  assert.deepEqual([wide.started, made()], [[1, 2, 3], 0]);
});

test('many share the narrow one, as many at once as there are threads', async () => {
  const { wide, narrow, decode, endAll, made } = setup();
  const results = [1, 2, 3, 4, 5].map((id) => decode(id));
  await tick();
  assert.deepEqual(
    [wide.started, narrow.started, made()],
    [[1], [], 0],
    'the first answer waits for nothing',
  );
  wide.running[0]?.end();
  await tick();
  assert.deepEqual([wide.started, narrow.started, made()], [[1, 2], [3], 1]);
  wide.running[0]?.end();
  await tick();
  assert.deepEqual([wide.running.length, narrow.running.length], [0, 2]);
  await endAll();
  assert.deepEqual(await Promise.all(results), ['en1', 'en2', 'en3', 'en4', 'en5']);
});

test('two languages never run on one recogniser, and none waits for ever', async () => {
  const { wide, narrow, decode, endAll } = setup(3);
  const ids = Array.from({ length: 12 }, (_, index) => index);
  const results = ids.map((id) => decode(id, id % 3 === 0 ? DE : EN));
  await endAll();
  assert.deepEqual(
    await Promise.all(results),
    ids.map((id) => `${id % 3 === 0 ? 'de' : 'en'}${id}`),
  );
  assert.deepEqual(
    [...wide.started, ...narrow.started].sort((a, b) => a - b),
    ids,
  );
  assert.deepEqual(
    [...narrow.started],
    [...narrow.started].sort((a, b) => a - b),
    'first come, first served',
  );
});

test('with one thread everything runs one after the other on the same recogniser', async () => {
  const { wide, decode, endAll, made } = setup(1);
  const results = [decode(1), decode(2, DE), decode(3)];
  await tick();
  assert.equal(wide.running.length, 1);
  await endAll();
  assert.deepEqual([await Promise.all(results), made()], [['en1', 'de2', 'en3'], 0]);
});

test('cancel: a waiting decode leaves the queue, a running one is rejected at once', async () => {
  const { wide, decode, endAll } = setup(1);
  const abort = new AbortController();
  const running = decode(1, EN, abort.signal);
  const waiting = decode(2, EN, abort.signal);
  const other = decode(3);
  abort.abort();
  const cancelled = (error: unknown): boolean => VoxError.is(error) && error.code === 'cancelled';
  await assert.rejects(running, cancelled);
  await assert.rejects(waiting, cancelled);
  await endAll();
  assert.equal(await other, 'en3');
  assert.deepEqual(wide.started, [1, 3]);
  await assert.rejects(decode(4, EN, abort.signal), cancelled);
});

test('a recogniser that can not be made leaves the wide one at work', async () => {
  const wide = new Recogniser();
  const lanes = new Lanes<number, string>(wide, 2, () => Promise.reject(new Error('no memory')));
  const { signal } = new AbortController();
  const results = [1, 2, 3].map((id) => lanes.decode(id, EN, signal));
  for (let guard = 0; guard < 10; guard++) {
    await tick();
    wide.running[0]?.end();
  }
  assert.deepEqual(await Promise.all(results), ['en1', 'en2', 'en3']);
});
