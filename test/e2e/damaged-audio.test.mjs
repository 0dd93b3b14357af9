/** A small run of the fuzzer at a fixed seed; `node tools/fuzz-audio.mjs` sends 2 000. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fuzz } from './damaged-audio.mjs';

const ffmpeg = process.env.VOX_TEST_FFMPEG;

it('200 damaged files: no crash, no hang, nothing left, each answered', {
  skip: ffmpeg ? false : 'no ffmpeg (VOX_TEST_FFMPEG)',
}, async (t) => {
  const { statuses, faults } = await fuzz({ count: 200, seed: 20_261_121, ffmpeg });
  t.diagnostic(JSON.stringify(statuses));
  assert.deepEqual(faults, []);
  // Damage must be felt, and some of it survived, or the files are not what they should be.
  assert.ok(statuses[200] >= 40 && statuses[415] >= 20, JSON.stringify(statuses));
});
