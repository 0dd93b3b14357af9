/**
 * Minutes of random connects, commits, cancels and drops on the live routes: sessions, sockets, runners and memory must
 * end where they began. `--minutes N` (30), `--clients N` (12), `--seed N`, `--model NAME` (a recogniser that hears two-cities.wav;
 * else a scripted model and a tone, which prove nothing of recognition), `--plot FILE` (SVG). Linux.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { linePlot } from '../packages/vox/dist/cli/bench-live/svg.js';
import { replayHome } from '../test/e2e/replay-home.mjs';
import { chances } from '../tools/chances.mjs';
import { clips, readPcm16 } from './lib/audio.mjs';
import { gauge } from './lib/gauge.mjs';
import { memory, sockets } from './lib/procs.mjs';
import { cannot, options, report, target } from './lib/report.mjs';
import { median } from './lib/stats.mjs';
import { temporaryFolder } from './lib/temporary.mjs';
import { babble, visit } from './lib/visitor.mjs';
import { pull, serve } from './lib/vox.mjs';

/** Between two samples, ms. */
const EVERY_MS = 5_000;
/** After the last visitor left, and before the first comes, ms. */
const SETTLE_MS = 20_000;
const SCRIPTED = 'mock:soak';
const flags = options({ runs: 1, minutes: 30, clients: 12, seed: 5, model: SCRIPTED, plot: '' });

temporaryFolder();
const scripted = flags.model === SCRIPTED;
const script = { kind: 'stt', text: 'All is well that ends well.', delayMs: 20 };
const place = scripted ? replayHome({ [SCRIPTED]: script }) : undefined;
if (!scripted) pull(flags.model);
const vox = await serve([], {
  VOX_STT_MODEL: flags.model,
  VOX_KEEP_ALIVE: '-1',
  ...(place ? { VOX_HOME: place.home } : {}),
});

const since = performance.now();
async function sample() {
  // Before the figures are asked for: the connection on which one is told may still be closing when it is known.
  const held = sockets(vox.child.pid);
  const { parts } = memory(vox.child.pid);
  const server = parts.find(({ pid }) => pid === vox.child.pid)?.mb ?? 0;
  return {
    minute: (performance.now() - since) / 60_000,
    streams: await gauge(vox.base, 'vox_live_streams'),
    connections: await gauge(vox.base, 'stt_active_connections'),
    sockets: held,
    processes: parts.length,
    serverMb: server,
    runnersMb: parts.reduce((sum, { mb }) => sum + mb, 0) - server,
  };
}

/** The state of rest: of samples over the settling time, the median of each figure. */
async function rest() {
  const samples = [];
  const until = performance.now() + SETTLE_MS;
  await sleep(SETTLE_MS / 2);
  while (performance.now() < until) {
    samples.push(await sample());
    await sleep(1_000);
  }
  const keys = Object.keys(samples[0]);
  return Object.fromEntries(keys.map((key) => [key, median(samples.map((one) => one[key]))]));
}

function speech() {
  const clip = clips().find(({ name }) => name === 'two-cities.wav') ?? cannot('two-cities.wav is not there');
  return readPcm16(clip.path).data;
}

const counts = new Map();
const chance = chances(flags.seed);
const visitor = {
  base: vox.base,
  model: flags.model,
  pcm: scripted ? babble() : speech(),
  chance,
  count: (what) => counts.set(what, (counts.get(what) ?? 0) + 1),
};
let visits = 0;
/** Visits by all clients for so long. */
async function crowd(ms) {
  const until = performance.now() + ms;
  const client = async () => {
    while (performance.now() < until) {
      visits++;
      await visit(visitor);
    }
  };
  await Promise.all(Array.from({ length: flags.clients }, client));
}

// What is loaded once (the model, libraries, pools) is there before the comparison begins.
const runMs = flags.minutes * 60_000;
await crowd(Math.min(60_000, runMs / 5));
const before = await rest();
const samples = [before];
let running = true;
const sampling = (async () => {
  while (running) {
    samples.push(await sample());
    await sleep(EVERY_MS);
  }
})();
await crowd(runMs);
running = false;
await sampling;
const after = await rest();
samples.push(after);
await vox.stop();

if (flags.plot) {
  const names = [
    ['server, MB', 'serverMb'],
    ['runners, MB', 'runnersMb'],
    ['sockets', 'sockets'],
    ['streams', 'streams'],
    ['processes', 'processes'],
  ];
  const lines = names.map(([name, key]) => ({ name, points: samples.map((one) => [one.minute, one[key]]) }));
  const title = `${flags.minutes} minutes, ${flags.clients} random clients, ${scripted ? 'scripted model' : flags.model}`;
  writeFileSync(flags.plot, linePlot({ title, x: 'minutes', y: 'count, MB', lines }));
}

const figures = { visits: [visits] };
for (const [what, count] of [...counts].sort()) figures[what] = [count];
const highest = (key) => Math.max(...samples.map((one) => one[key]));
for (const key of ['streams', 'connections', 'sockets', 'processes', 'serverMb', 'runnersMb'])
  figures[key] = [
    after[key],
    `(began with ${before[key].toPrecision(4)}, highest ${highest(key).toPrecision(4)})`,
  ];
report(
  `Soak: ${flags.minutes} minutes of random clients on live streams`,
  figures,
  [
    target('streams left', after.streams, '<=', 0),
    target('connections left', after.connections, '<=', 0),
    target('sockets more than before', after.sockets - before.sockets, '<=', 0),
    target('processes more than before', after.processes - before.processes, '<=', 0),
    target('memory of the server, more, MB', after.serverMb - before.serverMb, '<=', 30),
    target('memory of the runners, more, MB', after.runnersMb - before.runnersMb, '<=', 60),
  ],
  flags,
);
