import assert from 'node:assert/strict';
import test from 'node:test';
import { VoxError } from '@vox-speech/contract';
import type { GrpcDuplex } from '../../transport/grpc/index.js';
import { Duplex } from './duplex.js';
import type { Reply } from './messages.js';

test('a client that has said all and goes before the answer ends its call', async () => {
  const client = new AbortController();
  const stream: GrpcDuplex<object, Reply> = {
    signal: client.signal,
    stopping: new AbortController().signal,
    header() {},
    messages: (async function* () {})(),
    send() {},
    drained: () => Promise.resolve(),
    waiting: 0,
  };
  let heard = (): void => {};
  const ended = new Promise<void>((resolve) => {
    heard = resolve;
  });
  // What still works for it is told by the signal, and says nothing more.
  const duplex = new Duplex<object>(stream, { take() {}, ended: async () => heard() });
  const over = duplex.run();
  await ended;
  client.abort(new VoxError('cancelled', 'the client went away'));
  await assert.rejects(over, { code: 'cancelled' });
  assert.ok(duplex.signal.aborted);
});
