/**
 * Sessions by id on two servers that share one Redis, behind a round robin over HTTP; one server is killed half-way. Prints
 * what came of them, and the bytes through Redis over the bytes of audio.
 *
 *   node bench/redis-sessions.mjs [--sessions 200] [--piece-ms 300] [--no-kill]
 *
 * The recogniser is the fixture with T-one's inputs and outputs: what it says is exact, so a lost or a doubled word shows.
 */
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { startRedis, trafficOf } from '../test/e2e/redis-server.mjs';
import { startProxy } from '../test/e2e/round-robin-proxy.mjs';
import { startServer } from '../test/e2e/server.mjs';
import { noisy, RATE, SAID, SOUND } from '../test/e2e/session-speech.mjs';
import { toneClient } from '../test/e2e/tone-client.mjs';
import { TONE, toneHome } from '../test/e2e/tone-home.mjs';
import { temporaryFolder } from './lib/temporary.mjs';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '200' },
    'piece-ms': { type: 'string', default: '300' },
    'no-kill': { type: 'boolean', default: false },
  },
});
const sessions = Number(values.sessions);
const piece = 2 * Math.round((Number(values['piece-ms']) * RATE) / 1000);
const pieces = Math.ceil(SOUND.length / piece);
const said = SAID.join('|');
/** Speech with noise on it deflates as a telephone's does: to three quarters. */
const sound = noisy(SOUND);

temporaryFolder();
const home = await toneHome();
const redis = await startRedis();
const admin = new Redis(redis.url);
const env = {
  VOX_STT_MODEL: TONE,
  VOX_SESSION_STORE: 'redis',
  VOX_REDIS_URL: redis.url,
};
const pair = await Promise.all([0, 1].map(() => startServer({ home: home.home, env })));
process.on('exit', () => {
  for (const { kill } of [redis, ...pair]) kill();
});
const proxy = await startProxy(pair.map(({ url }) => url));
const faults = new Map();
const client = toneClient(proxy.url, faults);
const texts = ({ phrases }) => phrases.map(({ text }) => text);
const tally = { right: 0, lost: 0, doubled: 0, failed: 0 };
let sent = 0;
let killed = false;

function killHalfWay() {
  if (killed || values['no-kill'] || sent < (sessions * pieces) / 2) return;
  killed = true;
  process.kill(pair[0].pid, 'SIGKILL');
}

async function one() {
  const id = await client.create();
  const told = [];
  for (let seq = 0; seq < pieces; seq++) {
    const pcm = sound.subarray(seq * piece, (seq + 1) * piece);
    told.push(...texts(await client.append(id, pcm, seq)));
    sent++;
    killHalfWay();
  }
  const whole = texts(await client.finalize(id)).join('|');
  told.push(...texts(await client.finalize(id, { new_only: 'true' })));
  if (whole === said && told.join('|') === said) tally.right++;
  else if (whole.length > said.length || told.join('|').length > said.length) tally.doubled++;
  else tally.lost++;
}

const before = await trafficOf(admin);
const begun = performance.now();
await Promise.all(
  Array.from({ length: sessions }, () =>
    one().catch((error) => {
      tally.failed++;
      process.stderr.write(`${error.message}\n`);
    }),
  ),
);
const seconds = (performance.now() - begun) / 1000;
const after = await trafficOf(admin);
const audio = sessions * SOUND.length;
const commands = await admin.info('commandstats');
process.stdout.write(
  `${sessions} sessions of ${SOUND.length / 2 / RATE} s in pieces of ${values['piece-ms']} ms, ${seconds.toFixed(1)} s${killed ? ', one of two servers killed half-way' : ''}\n` +
    `${JSON.stringify(tally)} asked again: ${JSON.stringify(Object.fromEntries(faults))} answered by each: ${proxy.passed}\n` +
    `commands: ${[...commands.matchAll(/cmdstat_(\S+?):calls=(\d+)/g)].map(([, name, calls]) => `${name} ${calls}`).join(', ')}\n` +
    `through Redis ${after - before} bytes, audio ${audio} bytes: ${((after - before) / audio).toFixed(2)} times\n`,
);
client.close();
await proxy.stop();
await Promise.all(pair.map((server) => server.stop()));
admin.disconnect();
await redis.remove();
