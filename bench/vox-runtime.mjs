/**
 * Against vox-runtime 0.2.93 with vox-whisper over REST, on the same weights and processors: eight clients
 * at once, and one. Rounds alternate between the two servers; each is silent while the other works. Wanted:
 * at least 2.2 times its requests a second, and at most half its median with one client.
 */
import { dirname, join } from 'node:path';
import { needClips } from './lib/audio.mjs';
import { freePort, memory, start, stop, untilHealthy } from './lib/procs.mjs';
import { options, report, target } from './lib/report.mjs';
import { client, form } from './lib/rest.mjs';
import { alternate, load, median, percentile } from './lib/stats.mjs';
import { pull, serve } from './lib/vox.mjs';
import { setUpRivals } from './rivals/setup.mjs';

const flags = options({ runs: 3, clients: 8, requests: 16 });
const path = join(needClips(), 'jfk.wav');
const rivals = await setUpRivals();
pull('whisper:base');

async function serveRival() {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const vox = join(dirname(rivals.voxRuntimePython), 'vox');
  const args = [
    'serve',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--grpc-port',
    '0',
    '--device',
    'cpu',
  ];
  const child = start(vox, args, { VOX_HOME: rivals.voxRuntimeHome, VOX_LOG_LEVEL: 'WARNING' });
  const readyMs = await untilHealthy(`${base}/v1/health`, child);
  return { child, api: client(base), readyMs };
}

const rival = await serveRival();
const ours = await serve();
const sides = {
  ours: { api: ours.api, body: form({ model: 'whisper:base', language: 'en' }, path) },
  theirs: { api: rival.api, body: form({ model: 'whisper-stt:base', language: 'en' }, path) },
};
const ask = ({ api, body }) => api.transcribe(body);

const single = await alternate(
  { ours: async () => (await ask(sides.ours)).ms, theirs: async () => (await ask(sides.theirs)).ms },
  Math.max(5, flags.runs),
  2,
);
const many = await alternate(
  {
    ours: () => load(flags.clients, flags.requests, () => ask(sides.ours)),
    theirs: () => load(flags.clients, flags.requests, () => ask(sides.theirs)),
  },
  flags.runs,
  0,
);
const rss = { ours: memory(ours.child.pid).mb, theirs: memory(rival.child.pid).mb };
await ours.stop();
rival.api.close();
await stop(rival.child);

const rate = (side) => median(many[side].map(({ perSecond }) => perSecond));
const p50 = (side) =>
  percentile(
    many[side].flatMap(({ times }) => times),
    0.5,
  );
report(
  `vox-runtime 0.2.93, ${flags.clients} clients, ${flags.requests} requests a round`,
  {
    'ours, requests a second': [rate('ours')],
    'theirs, requests a second': [rate('theirs')],
    'ours, p50 under load': [p50('ours'), 'ms'],
    'theirs, p50 under load': [p50('theirs'), 'ms'],
    'ours, one client, median': [median(single.ours), 'ms'],
    'theirs, one client, median': [median(single.theirs), 'ms'],
    'ours, ready after': [ours.readyMs, 'ms'],
    'theirs, ready after': [rival.readyMs, 'ms'],
    'ours, memory after': [rss.ours, 'MB'],
    'theirs, memory after': [rss.theirs, 'MB'],
  },
  [
    target('requests a second, ours / theirs', rate('ours') / rate('theirs'), '>=', 2.2),
    target('one client, ours / theirs', median(single.ours) / median(single.theirs), '<=', 0.5),
  ],
  flags,
);
