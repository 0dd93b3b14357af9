/** Sends damaged audio files to a server of its own: `node tools/fuzz-audio.mjs [COUNT [SEED]]`. Exit 1 on any fault. */
import { fuzz } from '../test/e2e/damaged-audio.mjs';
import { prepareModels } from './test-models.mjs';

const [count = '2000', seed = '1'] = process.argv.slice(2);
await prepareModels();
const since = performance.now();
const { statuses, slowestMs, faults } = await fuzz({
  count: Number(count),
  seed: Number(seed),
  ffmpeg: process.env.VOX_TEST_FFMPEG,
});
const seconds = Math.round((performance.now() - since) / 1000);
console.log(`${count} files in ${seconds} s, the slowest ${Math.round(slowestMs)} ms:`, statuses);
for (const fault of faults) console.log(fault);
if (faults.length > 0) process.exitCode = 1;
