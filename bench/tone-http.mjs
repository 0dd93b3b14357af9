/**
 * Sessions by id over HTTP on a streaming model of 67 million random parameters: `--sessions` (16) at once against the same
 * one after another, in turns in one run, and how long `/v1/health` takes meanwhile, asked from a process of its own.
 * `--layers 0` is the light fixture: what the server itself costs. `--seconds` is how long each one speaks, at most 8.
 */
import { fork } from 'node:child_process';
import { SOUND } from '../test/e2e/session-speech.mjs';
import { toneClient } from '../test/e2e/tone-client.mjs';
import { HEAVY_LAYERS, TONE, toneHome } from '../test/e2e/tone-home.mjs';
import { options, report, target } from './lib/report.mjs';
import { alternate, median, percentile } from './lib/stats.mjs';
import { temporaryFolder } from './lib/temporary.mjs';
import { serve } from './lib/vox.mjs';

const flags = options({ runs: 3, sessions: 16, pieceMs: 300, layers: HEAVY_LAYERS, seconds: 8 });
const RATE = 8_000;
const piece = 2 * Math.round((flags.pieceMs * RATE) / 1000);
const sound = SOUND.subarray(0, 2 * RATE * flags.seconds);
const seconds = (flags.sessions * sound.length) / 2 / RATE;
const HEALTH_EVERY_MS = 10;

temporaryFolder();
const place = await toneHome({ layers: flags.layers });
const vox = await serve(['--preload', TONE], { VOX_HOME: place.home, VOX_STT_MODEL: TONE });
const client = toneClient(vox.base);
const healthTimes = { 'at once': [], 'one by one': [] };

async function one() {
  const id = await client.create();
  for (let at = 0, seq = 0; at < sound.length; at += piece, seq++)
    await client.append(id, sound.subarray(at, at + piece), seq);
  const { phrases } = await client.finalize(id);
  if (phrases.length === 0) throw new Error('nothing was heard');
}

/** Seconds of audio a second of all sessions. */
async function all(name, work) {
  const probe = fork(new URL('./lib/health-probe.mjs', import.meta.url).pathname, [
    `${vox.base}/v1/health`,
    String(HEALTH_EVERY_MS),
  ]);
  await new Promise((resolve) => probe.once('message', resolve));
  const since = performance.now();
  await work();
  const speed = (seconds * 1000) / (performance.now() - since);
  const times = await new Promise((resolve) => {
    probe.once('message', resolve);
    probe.send('stop');
  });
  healthTimes[name].push(...times);
  return speed;
}

const results = await alternate(
  {
    'one by one': () =>
      all('one by one', async () => {
        for (let at = 0; at < flags.sessions; at++) await one();
      }),
    'at once': () => all('at once', () => Promise.all(Array.from({ length: flags.sessions }, one))),
  },
  flags.runs,
);
client.close();
await vox.stop();

const speed = (name) => median(results[name]);
report(
  `${flags.sessions} sessions over HTTP`,
  {
    'one by one': [speed('one by one'), 'seconds of audio a second'],
    'at once': [speed('at once'), 'seconds of audio a second'],
    'health, p50': [median(healthTimes['at once']), `ms (${healthTimes['at once'].length} asked)`],
    'health, one by one, p99': [percentile(healthTimes['one by one'], 0.99), 'ms'],
  },
  [
    target('at once over one by one', speed('at once') / speed('one by one'), '>=', 1.7),
    target('health, p99 ms', percentile(healthTimes['at once'], 0.99), '<=', 20),
  ],
  flags,
);
