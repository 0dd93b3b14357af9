import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pack, unpack } from './element.js';
import { ELEMENT_BYTES } from './store.js';

/** As the store's script writes it. */
function kept(seq: number, packed: Buffer | undefined): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(seq);
  return Buffer.concat([number, packed ?? Buffer.alloc(0)]);
}

/** A tone with noise on it, of an odd number of bytes too. */
function tone(bytes: number): Buffer {
  return Buffer.from(
    Uint8Array.from({ length: bytes }, (_, at) =>
      at % 2 === 0 ? Math.imul(at, 2_654_435_761) >>> 29 : 40 * Math.sin(at / 9),
    ),
  );
}

describe('an element of audio in Redis', () => {
  it('comes back as it was, of any length, and shorter than it was', async () => {
    for (const bytes of [0, 1, 63, 64, 4_799, 4_800, ELEMENT_BYTES]) {
      const pcm = tone(bytes);
      const [packed] = await pack([pcm]);
      const element = await unpack(kept(7, packed), 'x');
      assert.equal(element.seq, 7);
      assert.deepEqual(Buffer.from(element.pcm), pcm);
      if (bytes >= 4_800) assert.ok((packed?.length ?? 0) < 0.8 * bytes, `${packed?.length} of ${bytes}`);
    }
  });

  it('what does not get shorter is kept as it is', async () => {
    const noise = Buffer.from(
      Uint8Array.from({ length: 500 }, (_, at) => Math.imul(at + 1, 0x9e3779b1) >>> 24),
    );
    const [packed] = await pack([noise]);
    assert.equal(packed?.length, 504);
  });

  it('what nobody here wrote is a conflict: too short, damaged, longer or shorter than it says', async () => {
    const [packed] = await pack([tone(4_800)]);
    const good = kept(0, packed);
    const says = (length: number): Buffer => {
      const bytes = Buffer.from(good);
      bytes.writeUInt32BE(length, 4);
      return bytes;
    };
    const damaged = Buffer.from(good);
    damaged.fill(0xff, 8);
    for (const bytes of [
      Buffer.alloc(7),
      good.subarray(0, 100),
      damaged,
      says(4_799),
      says(4_801),
      says(0xffff_ffff),
      says(10),
    ])
      await assert.rejects(unpack(bytes, 'x'), { code: 'conflict' });
  });
});
