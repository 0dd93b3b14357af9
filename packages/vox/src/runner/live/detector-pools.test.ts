import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpeechThresholds } from '@vox-speech/contract';
import { detector } from '../fake-model.test-support.js';
import { DetectorPools } from './detector-pools.js';
import { TestClock } from './live.test-support.js';

function make() {
  const opened: (SpeechThresholds | undefined)[] = [];
  const made: ReturnType<typeof detector>[] = [];
  const open = async (speech?: SpeechThresholds) => {
    opened.push(speech);
    const one = detector();
    made.push(one);
    return one;
  };
  return { pools: new DetectorPools(open, new TestClock()), opened, made };
}

test('who wishes the same thresholds shares detectors; who wishes none has those of the others', async () => {
  const { pools, opened } = make();
  for (const speech of [
    undefined,
    {},
    { threshold: 0.6, leave: 0.4 },
    { threshold: 0.6, leave: 0.4 },
    { threshold: 0.6 },
  ])
    await pools.prepare(speech);
  assert.deepEqual(opened, [undefined, { threshold: 0.6, leave: 0.4 }, { threshold: 0.6 }]);
  assert.equal(pools.of({}), pools.of(undefined));
  assert.ok(pools.of({ threshold: 0.6 }).borrow());
});

test('wishes are bounded, until no stream is left', async () => {
  const { pools, made } = make();
  const wishes = [0.1, 0.2, 0.3, 0.4].map((threshold) => ({ threshold }));
  for (const speech of [undefined, ...wishes]) await pools.prepare(speech);
  assert.throws(() => pools.of({ threshold: 0.5 }), { code: 'overloaded' });
  assert.ok(pools.of({ threshold: 0.4 }).borrow());
  pools.clear();
  // The one that is lent is closed when it is given back.
  assert.deepEqual(
    made.map(({ closed }) => closed),
    [true, true, true, true, false],
  );
  await pools.prepare({ threshold: 0.5 });
});
