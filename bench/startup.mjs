/**
 * `vox serve`: from the spawn to the first 200 of /v1/health, and the memory of the server with nothing
 * loaded. Wanted: half a second and less than 110 MB.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { memory } from './lib/procs.mjs';
import { options, report, target } from './lib/report.mjs';
import { median } from './lib/stats.mjs';
import { serve } from './lib/vox.mjs';

const flags = options({ runs: 9 });
const ready = [];
const mb = [];
for (let i = 0; i <= flags.runs; i++) {
  const vox = await serve();
  await sleep(300);
  if (i > 0) {
    ready.push(vox.readyMs);
    mb.push(memory(vox.child.pid).mb);
  }
  await vox.stop();
}
report(
  '`vox serve`, nothing loaded',
  { 'slowest start': [Math.max(...ready), 'ms'], 'largest memory': [Math.max(...mb), 'MB'] },
  [
    target('ready after, ms, median', median(ready), '<=', 500),
    target('memory of all its processes, MB, median', median(mb), '<=', 110),
  ],
  flags,
);
