import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteQueue } from './byte-queue.js';

test('bytes leave in the order in which they came, however they are cut', () => {
  const push = fc.record({ push: fc.uint8Array({ maxLength: 9_000 }) }, { noNullPrototype: true });
  const shift = fc.record({ shift: fc.nat(9_000) }, { noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(fc.oneof(push, shift), { maxLength: 30 }), (steps) => {
      const queue = new ByteQueue();
      let waiting: number[] = [];
      for (const step of steps) {
        if ('push' in step) {
          const bytes = step.push.slice();
          queue.push(bytes);
          waiting = [...waiting, ...bytes];
          // They are the caller's again.
          bytes.fill(0);
        } else {
          assert.deepEqual([...queue.shift(step.shift)], waiting.slice(0, step.shift));
          waiting = waiting.slice(step.shift);
        }
        assert.equal(queue.length, waiting.length);
      }
    }),
  );
});

test('room that a burst took is given back once packets are small again', () => {
  const queue = new ByteQueue();
  const packet = new Uint8Array(640);
  queue.push(packet);
  const room = queue.shift(640).buffer;
  queue.push(packet);
  assert.equal(queue.shift(640).buffer, room, 'the same room for each packet');
  queue.push(new Uint8Array(1_000_000));
  assert.equal(queue.shift(1_000_000).length, 1_000_000);
  queue.push(packet);
  assert.ok(queue.shift(640).buffer.byteLength <= 4_096);
});
