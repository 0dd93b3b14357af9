import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoxError } from './errors.js';
import { describeModel, requireRate, requireTask } from './model-info.js';
import { importPackage, probePackage, type Require } from './native-library.js';

const installed: Require = Object.assign(() => ({ version: '1.2.3' }), {
  resolve: (id: string) => `/x/${id}`,
});
const nothing: Require = Object.assign(() => ({}), {
  resolve: () => {
    throw new Error("Cannot find module 'ears'");
  },
});

test('a library is found, or it is told what is missing', () => {
  const there = (manifest: string) => (manifest === '/x/ears/package.json' ? undefined : manifest);
  assert.deepEqual(probePackage(installed, 'ears', there), { available: true, version: '1.2.3' });
  assert.deepEqual(
    probePackage(installed, 'ears', () => 'no library for pdp11'),
    {
      available: false,
      reason: 'no library for pdp11',
    },
  );
  const { reason } = probePackage(nothing, 'ears', there);
  assert.equal(reason, 'ears is not installed: npm install ears');
});

test('a library that can not be imported is engine_missing, with the reason', () => {
  const missing = (message: RegExp) => (error: unknown) =>
    VoxError.is(error) && error.code === 'engine_missing' && message.test(error.message);
  const available = { available: true };
  assert.equal(
    importPackage('ears', available, () => 7),
    7,
  );
  assert.throws(
    () => importPackage('ears', { available: false, reason: 'not here' }, assert.fail),
    missing(/^not here$/),
  );
  const broken = () => {
    throw new Error('GLIBC_2.99 not found');
  };
  assert.throws(
    () => importPackage('ears', available, broken),
    missing(/^ears cannot be loaded: GLIBC_2\.99/),
  );
});

test('a model can what it says and no more', () => {
  const info = describeModel({
    kind: 'stt',
    family: 'x',
    sampleRate: 16_000,
    languages: ['en'],
    concurrency: 1,
  });
  requireTask(info, { task: 'transcribe' });
  requireTask(info, { language: 'en', task: 'transcribe' });
  requireTask({ ...info, canTranslate: true }, { task: 'translate' });
  assert.throws(() => requireTask(info, { language: 'fr', task: 'transcribe' }), { param: 'language' });
  assert.throws(() => requireTask(info, { task: 'translate' }), { param: 'task' });
  requireRate(info, { samples: new Float32Array(1), sampleRate: 16_000 });
  assert.throws(() => requireRate(info, { samples: new Float32Array(1), sampleRate: 8_000 }), /16000.*8000/);
});
