/** When a session counts as open: the test plays the runner. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ModelInfo } from '@vox-speech/contract';
import { ModelHost } from '../host/model-host.js';
import type { FromRunner, ToRunner } from '../messages/index.js';
import { portPair } from '../messages/pipe.js';
import { Sessions } from './index.js';
import { LIVE } from './live-options.test.support.js';

/** Lets messages and promises pass. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** A loaded model, what its runner was told, and a way to open sessions on it. */
async function stage(t: TestContext) {
  const [port, runner] = portPair<ToRunner, FromRunner>();
  const told: ToRunner[] = [];
  runner.onMessage(({ message }) => {
    told.push(message);
    if (message.type === 'load') runner.send({ type: 'ready', info: {} as ModelInfo, memoryBytes: 1 });
  });
  const files = { reference: 'a:1', family: 'a', directory: '', companions: {}, parameters: {} };
  const host = await ModelHost.load(
    () => ({ port, pid: undefined, gone: new Promise(() => {}), destroy: () => port.close() }),
    { message: { engine: 'test', files, options: { threads: 1, device: 'cpu' } }, preload: [] },
    1_000,
    new AbortController().signal,
  );
  t.after(() => host.destroy());
  const sessions = new Sessions({ maxStreams: 10 });
  let leases = 0;
  const open = (signal = new AbortController().signal) => {
    const errors: string[] = [];
    leases++;
    let held = true;
    const release = (): void => {
      if (held) leases--;
      held = false;
    };
    const listener = {
      onEvent() {},
      onDrain() {},
      onEnd() {},
      onError: (error: Error) => errors.push(error.message),
    };
    const request = { model: '', options: LIVE, queueMs: 100, overflow: 'wait', signal } as const;
    const opening = sessions.open(async () => ({ host, release }), request, listener);
    let is = 'opening';
    opening.then(
      () => {
        is = 'open';
      },
      (error: { code: string }) => {
        is = error.code;
      },
    );
    return { opening, errors, state: () => is };
  };
  return {
    sessions,
    open,
    leases: () => leases,
    say: (message: FromRunner) => runner.send(message),
    /** Ids of the streams that the runner was asked for. */
    asked: () => told.filter((message) => message.type === 'listen').map(({ id }) => id),
    told,
  };
}

test('a session is open once its runner is ready for it, however long that warms up', async (t) => {
  const { open, say, asked } = await stage(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const one = open();
  await settle();
  assert.equal(asked().length, 1);
  for (let minutes = 0; minutes < 10; minutes++) {
    t.mock.timers.tick(60_000);
    await settle();
  }
  assert.equal(one.state(), 'opening', 'nobody is told to speak into a model that does not hear yet');
  say({ type: 'load', realTimeFactor: 0.1, streams: 1 });
  say({ type: 'listening', id: asked()[0] ?? 0 });
  await settle();
  assert.equal(one.state(), 'open');
});

test('what goes wrong before is the answer to the request, and nothing stays', async (t) => {
  const { open, say, asked, leases, told, sessions } = await stage(t);
  const one = open();
  await settle();
  say({ type: 'error', id: asked()[0] ?? 0, error: { code: 'model_broken', message: 'no weights' } });
  await assert.rejects(one.opening, { code: 'model_broken' });
  await settle();
  assert.deepEqual([one.errors, leases(), sessions.count], [[], 0, 0]);
  assert.equal(told.at(-1)?.type, 'listen', 'a stream that ended by itself is not cancelled');
});

test('a client that leaves meanwhile takes its stream along', async (t) => {
  const { open, asked, leases, told, sessions } = await stage(t);
  const gone = new AbortController();
  const one = open(gone.signal);
  await settle();
  gone.abort();
  await assert.rejects(one.opening, { code: 'cancelled' });
  await settle();
  assert.deepEqual([one.errors, leases(), sessions.count], [[], 0, 0]);
  assert.deepEqual(told.at(-1), { type: 'cancel', id: asked()[0] });
});

test('who comes while the first one makes the runner measure itself is judged by the answer', async (t) => {
  const { open, say, asked, leases } = await stage(t);
  const gone = new AbortController();
  const all = [open(), open(), open(), open(gone.signal)];
  await settle();
  assert.equal(asked().length, 1);
  gone.abort();
  await settle();
  const states = () => all.map(({ state }) => state());
  assert.deepEqual(states(), ['opening', 'opening', 'opening', 'cancelled']);
  // Two of them fit.
  say({ type: 'load', realTimeFactor: 0.4, streams: 1 });
  say({ type: 'listening', id: asked()[0] ?? 0 });
  await settle();
  say({ type: 'listening', id: asked()[1] ?? 0 });
  await settle();
  assert.deepEqual(states(), ['open', 'open', 'overloaded', 'cancelled']);
  assert.equal(leases(), 2);
});

test('when the first one fails, the next one is the first', async (t) => {
  const { open, say, asked } = await stage(t);
  const all = [open(), open()];
  await settle();
  say({ type: 'error', id: asked()[0] ?? 0, error: { code: 'internal', message: 'bad luck' } });
  await settle();
  assert.equal(asked().length, 2);
  say({ type: 'listening', id: asked()[1] ?? 0 });
  await settle();
  assert.deepEqual(
    all.map(({ state }) => state()),
    ['internal', 'open'],
  );
});
