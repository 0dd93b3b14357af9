/** 200 damaged files; `node tools/fuzz-audio.mjs 2000 SEED` sends as many as you like. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fuzz } from './damaged-audio.mjs';
import { NO_MODELS } from './server.mjs';

it('damaged files get an answer, and leave nothing behind', { skip: NO_MODELS }, async (t) => {
  const { statuses, faults } = await fuzz({
    count: 200,
    seed: 20261121,
    ffmpeg: process.env.VOX_TEST_FFMPEG,
  });
  t.diagnostic(JSON.stringify(statuses));
  assert.deepEqual(faults, []);
  assert.ok(statuses[200] > 20 && statuses[415] > 20, JSON.stringify(statuses));
});
