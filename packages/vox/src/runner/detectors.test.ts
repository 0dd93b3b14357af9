import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model } from '@vox-speech/contract';
import { Detectors } from './detectors.js';
import { detector, listener } from './fake-model.test-support.js';

test('the model is loaded once, and again where that failed', async () => {
  const loads: string[] = [];
  let broken = true;
  const detectors = new Detectors(async (): Promise<Model> => {
    loads.push(broken ? 'fails' : 'loads');
    if (broken) throw new Error('no file');
    return { ...listener(), openDetector: detector };
  });
  await assert.rejects(detectors.prepare(), /no file/);
  assert.equal(detectors.open(), undefined, 'who can do without goes on without');
  await assert.rejects(detectors.opened(), /no file/);
  broken = false;
  await Promise.all([detectors.prepare(), detectors.opened()]);
  assert.ok(detectors.open());
  assert.deepEqual(loads, ['fails', 'fails', 'loads']);
  await detectors.close();
});

test('a model without detectors is none', async () => {
  const detectors = new Detectors(async () => listener());
  await assert.rejects(detectors.prepare(), { code: 'model_broken' });
  detectors.hearAhead([]);
  detectors.trim();
  await detectors.close();
});
