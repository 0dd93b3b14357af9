import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIVE, LiveBench, settle, silence } from './live.test-support.js';
import type { LiveEngine, LiveStream } from './stream.js';

/** An engine that is ready when the test says so; its streams only count what they hear. */
function slowEngine() {
  let ready: () => void = () => {};
  let samples = 0;
  const stream: LiveStream = {
    hungry: true,
    settled: true,
    push: (heard) => {
      samples += heard.length;
    },
    skip() {},
    commit() {},
    finish() {},
    cancel() {},
    tick: () => false,
  };
  const engine: LiveEngine = {
    prepare: () =>
      new Promise((resolve) => {
        ready = resolve;
      }),
    open: () => stream,
    tick: () => false,
    streamLoad: () => 0.25,
    idle() {},
  };
  return { engine, ready: () => ready(), heard: () => samples };
}

test('a stream listens once its engine is ready, and what came meanwhile is heard', async () => {
  const { engine, ready, heard } = slowEngine();
  const bench = new LiveBench(() => engine);
  bench.hub.listen(1, LIVE);
  await bench.send(1, silence(3));
  assert.deepEqual(bench.said, []);
  ready();
  await settle();
  assert.deepEqual(bench.said.slice(0, 2), [
    { type: 'load', realTimeFactor: 0.25, streams: 1 },
    { type: 'listening', id: 1 },
  ]);
  await bench.clock.advance(100);
  assert.equal(heard(), 3 * 16_000);
});

test('one that is gone before is never told to listen', async () => {
  const { engine, ready } = slowEngine();
  const bench = new LiveBench(() => engine);
  bench.hub.listen(1, LIVE);
  bench.hub.cancel(1);
  ready();
  await settle();
  assert.deepEqual(
    bench.said.map(({ type }) => type),
    ['error'],
  );
});

test('who wishes thresholds of a model that has none is told so before it listens', async () => {
  const { engine, ready } = slowEngine();
  const bench = new LiveBench(() => engine);
  const speech = { threshold: 0.6 };
  bench.hub.listen(1, { ...LIVE, endpointing: { ...LIVE.endpointing, speech } });
  ready();
  await settle();
  assert.deepEqual(
    bench.said.map(({ type }) => type),
    ['live', 'load', 'listening'],
  );
  assert.equal(bench.of('warning')[0]?.warning.option, 'speech');
});
