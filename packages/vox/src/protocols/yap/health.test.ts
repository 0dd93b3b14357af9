/** The probes under VOX_COMPAT=yap tell the truth. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ModelInfo, VoxError } from '@vox-speech/contract';
import { until } from '../../transport/waiting.test.support.js';
import { EngineHealth } from './engine-health.js';
import { final, serve } from './serve.test.support.js';

test('ok while the engine can answer, else 503 with why not', async (t) => {
  const { url, health, greeted, runtime, live } = await serve(t);
  const probe = async (path: string): Promise<[number, unknown]> => {
    const answer = await fetch(`${url}${path}`);
    return [answer.status, await answer.json()];
  };
  for (const path of ['/', '/health', '/healthz'])
    assert.deepEqual(await probe(path), [200, { status: 'ok' }]);
  await greeted();
  (await live(0)).listener.onError(new VoxError('runner_crashed', 'it died'));
  assert.deepEqual(await probe('/healthz'), [503, { status: 'unavailable', detail: 'it died' }]);
  const client = await greeted();
  const { listener } = await live(1);
  assert.deepEqual(
    await probe('/healthz'),
    [200, { status: 'ok' }],
    'a session that opens shows that it can',
  );
  listener.onError(new VoxError('upstream_unavailable', 'nobody at 127.0.0.1:8001'));
  await greeted();
  await live(2);
  const elsewhere = [503, { status: 'unavailable', detail: 'nobody at 127.0.0.1:8001' }];
  assert.deepEqual(await probe('/healthz'), elsewhere, 'one that opens here says nothing of an upstream');
  client.start('r1');
  client.append('r1');
  client.commit('r1');
  const again = await live(3);
  await until('the commit', () => again.log.includes('commit'));
  again.listener.onEvent(final('words'));
  assert.deepEqual(await probe('/healthz'), [200, { status: 'ok' }], 'an utterance that was heard does');
  runtime.show = async () => {
    throw new VoxError('model_not_pulled', 'Pull it first');
  };
  assert.deepEqual(await probe('/health'), [503, { status: 'unavailable', detail: 'Pull it first' }]);
  health.set('draining');
  assert.deepEqual(await probe('/health'), [503, { status: 'draining' }]);
  const plain = await serve(t, { compat: false });
  assert.equal((await fetch(`${plain.url}/healthz`)).status, 404, 'the native dialect has them then');
});

test('an engine that failed is tried again by the probes, at most every five seconds', async (t) => {
  t.mock.timers.enable({ apis: ['Date'] });
  let tries = 0;
  let broken = true;
  const engine = new EngineHealth(
    {
      show: async () => ({}) as Awaited<ReturnType<ConstructorParameters<typeof EngineHealth>[0]['show']>>,
      preload: async () => {
        tries++;
        if (broken) throw new VoxError('runner_crashed', 'it died again');
        return {} as ModelInfo;
      },
    },
    'whisper-1',
  );
  engine.failed(new VoxError('overloaded', 'full'));
  engine.failed(new VoxError('invalid_request', 'bad language'));
  assert.equal(await engine.problem(), undefined, 'no fault of the engine');
  engine.failed(new VoxError('runner_crashed', 'it died'));
  assert.equal(await engine.problem(), 'it died');
  assert.equal(tries, 0);
  t.mock.timers.tick(5_000);
  for (let i = 0; i < 3; i++) await engine.problem();
  assert.equal(tries, 1);
  assert.equal(await engine.problem(), 'it died again');
  broken = false;
  t.mock.timers.tick(5_000);
  await engine.problem();
  assert.equal(await engine.problem(), undefined);
});
