import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ALAW_TO_INT16, encodeAlaw, encodeMulaw, MULAW_TO_INT16 } from './g711.js';

const LAWS = [
  { name: 'mu-law', decode: MULAW_TO_INT16, encode: encodeMulaw },
  { name: 'A-law', decode: ALAW_TO_INT16, encode: encodeAlaw },
];

test('the decoding tables have the values of the recommendation', () => {
  // ITU-T G.711 tables 1a and 2a on the int16 scale: first, last and border values.
  assert.equal(MULAW_TO_INT16[0x00], -32_124);
  assert.equal(MULAW_TO_INT16[0x80], 32_124);
  assert.equal(MULAW_TO_INT16[0xff], 0);
  assert.equal(MULAW_TO_INT16[0xfe], 8);
  assert.equal(MULAW_TO_INT16[0x6f], -132);
  assert.equal(ALAW_TO_INT16[0xd5], 8);
  assert.equal(ALAW_TO_INT16[0x55], -8);
  assert.equal(ALAW_TO_INT16[0x2a], -32_256);
  assert.equal(ALAW_TO_INT16[0xaa], 32_256);
  assert.equal(ALAW_TO_INT16[0x80], 5504);
});

for (const { name, decode, encode } of LAWS) {
  test(`${name}: every byte comes back from its own value`, () => {
    for (let code = 0; code < 256; code++) {
      const value = decode[code] ?? 0;
      const back = encode(value);
      assert.equal(decode[back], value);
      // Negative zero of mu-law is the one byte with a twin.
      if (value !== 0) assert.equal(back, code);
    }
  });

  test(`${name}: every sample gets the nearest value the law has, within its resolution`, () => {
    const resolution = name === 'A-law' ? 8 : 4;
    fc.assert(
      fc.property(fc.integer({ min: -32_768, max: 32_767 }), (sample) => {
        const got = Math.abs((decode[encode(sample)] ?? 0) - sample);
        const best = Math.min(...Array.from(decode, (value) => Math.abs(value - sample)));
        assert.ok(got - best <= resolution, `${sample}: off by ${got}, best ${best}`);
      }),
      { numRuns: 2000 },
    );
  });
}
