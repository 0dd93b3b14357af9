import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLOCK_BYTES, FrameBlock } from './frame-block.js';

test('blocks that have left are filled again, as many as a burst of clients takes', () => {
  const frames = new FrameBlock();
  const packet = new Uint8Array(BLOCK_BYTES / 2);
  const burst = (): ArrayBufferLike[] => {
    const taken = Array.from({ length: 4 }, (_, id) => {
      assert.ok(frames.add(2 * id, packet) && frames.add(2 * id + 1, packet));
      assert.equal(frames.add(9, packet), false, 'a full block takes no more');
      const one = frames.take();
      assert.ok(one !== undefined);
      return one;
    });
    assert.equal(frames.leaving, 4);
    for (const { left } of taken) left();
    return taken.map(({ body }) => body.buffer);
  };
  const first = new Set(burst());
  assert.equal(first.size, 4);
  assert.deepEqual(new Set(burst()), first);
  frames.release();
  assert.ok(burst().every((block) => !first.has(block)));
});
