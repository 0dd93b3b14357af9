import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pump, type Source } from './source.js';

const SOURCES: readonly (readonly [string, () => Source<number>])[] = [
  ['an array', () => [1, 2, 3]],
  ['an async generator', () => numbers()],
  ['a ReadableStream', () => new Blob(['']).stream().pipeThrough(threeNumbers())],
];

async function* numbers(): AsyncGenerator<number> {
  yield 1;
  yield 2;
  yield 3;
}

function threeNumbers(): TransformStream<Uint8Array, number> {
  return new TransformStream({
    flush(controller) {
      for (const one of [1, 2, 3]) controller.enqueue(one);
    },
  });
}

for (const [name, source] of SOURCES) {
  test(`${name} is handed over part by part, the next once the last was taken`, async () => {
    const taken: number[] = [];
    let busy = false;
    await pump(
      source(),
      async (part) => {
        assert.equal(busy, false);
        busy = true;
        await new Promise(setImmediate);
        busy = false;
        taken.push(part);
      },
      new AbortController().signal,
    );
    assert.deepEqual(taken, [1, 2, 3]);
  });

  test(`${name} is left when nobody wants more`, async () => {
    const over = new AbortController();
    const taken: number[] = [];
    await pump(
      source(),
      (part) => {
        taken.push(part);
        if (part === 2) over.abort();
      },
      over.signal,
    );
    assert.deepEqual(taken, [1, 2]);
  });
}

test('a silent microphone is switched off at once when nobody listens any more', async () => {
  const over = new AbortController();
  let cancelled = false;
  const microphone = new ReadableStream<number>({
    cancel() {
      cancelled = true;
    },
  });
  const pumping = pump(microphone, () => assert.fail('it gave something'), over.signal);
  over.abort();
  await pumping;
  assert.equal(cancelled, true);
});

test('what can not be taken ends the source, and its error comes out', async () => {
  let returned = false;
  async function* endless(): AsyncGenerator<number> {
    try {
      for (;;) yield 1;
    } finally {
      returned = true;
    }
  }
  const full = new Error('full');
  const pumping = pump(
    endless(),
    () => {
      throw full;
    },
    new AbortController().signal,
  );
  await assert.rejects(pumping, (error) => error === full);
  assert.equal(returned, true);
});
