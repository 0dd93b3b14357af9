import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OggPackets } from './ogg-packets.js';

function page(lengths: number[], body: Uint8Array): Uint8Array {
  const header = new Uint8Array(27 + lengths.length);
  header.set([0x4f, 0x67, 0x67, 0x53]);
  header[26] = lengths.length;
  header.set(lengths, 27);
  return Uint8Array.of(...header, ...body);
}

test('packets over pages, over segments, and torn anywhere; headers are left out', () => {
  const long = Uint8Array.from({ length: 700 }, (_, i) => i % 251);
  const stream = Uint8Array.of(
    ...page([2], Uint8Array.of(1, 1)),
    ...page([3], Uint8Array.of(2, 2, 2)),
    ...page([1, 0, 255, 255], Uint8Array.of(9, ...long.subarray(0, 510))),
    ...page([190, 4], Uint8Array.of(...long.subarray(510), 5, 6, 7, 8)),
  );
  for (const size of [1, 13, 100, 5000]) {
    const reader = new OggPackets();
    const packets: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size)
      packets.push(...reader.push(stream.subarray(at, at + size)));
    assert.deepEqual(
      packets.map((packet) => [...packet]),
      [[9], [], [...long], [5, 6, 7, 8]],
      `pieces of ${size}`,
    );
  }
});

test('what is no Ogg is refused', () => {
  assert.throws(() => new OggPackets().push(new Uint8Array(40)), RangeError);
});
