/**
 * Sessions by id in one Redis that two servers share, behind a round robin; one server is killed half-way. Prints what came
 * of them, and the bytes through Redis over the bytes of audio.
 *
 *   node bench/redis-sessions.mjs [--sessions 200] [--piece-ms 300] [--no-kill]
 *
 * The recogniser is the fixture with T-one's inputs and outputs: what it says is exact, so a lost or a doubled word shows.
 */
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { startRedis } from '../test/e2e/redis-server.mjs';
import { pcmOf, RATE, roundRobin, startInstance } from '../test/e2e/session-speech.mjs';
import { TONE, toneHome } from '../test/e2e/tone-home.mjs';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '200' },
    'piece-ms': { type: 'string', default: '300' },
    'no-kill': { type: 'boolean', default: false },
  },
});
const sessions = Number(values.sessions);
const piece = 2 * Math.round((Number(values['piece-ms']) * RATE) / 1000);
const sound = pcmOf(900, 'привет мир', 1500, 'да', 2100, 'молоко', 1140, 'ещё', 420);
const said = 'привет мир|да|молоко|ещё';

const home = await toneHome();
const redis = await startRedis();
const admin = new Redis(redis.url);
const pair = await Promise.all([startInstance(home.home, redis.url), startInstance(home.home, redis.url)]);
const any = roundRobin(pair);
const texts = ({ phrases }) => phrases.map(({ text }) => text);
const tally = { right: 0, lost: 0, doubled: 0, failed: 0 };
const faults = new Map();
const pieces = Math.ceil(sound.length / piece);
let sent = 0;
let killed;

/** As a client does that may send a piece again, since it has a number, when it is told to. */
async function patiently(work) {
  for (let tries = 0; ; tries++) {
    try {
      return await any(work);
    } catch (error) {
      faults.set(error.code ?? error.message, (faults.get(error.code ?? error.message) ?? 0) + 1);
      if (tries >= 60) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000 * (error.retryAfter ?? 0.5)));
    }
  }
}

async function one() {
  const { id } = await patiently((server) => server.create(TONE));
  const told = [];
  for (let seq = 0; seq < pieces; seq++) {
    const pcm = sound.subarray(seq * piece, (seq + 1) * piece);
    told.push(...texts(await patiently((server) => server.append(id, pcm, seq))));
    if (++sent >= (sessions * pieces) / 2 && !values['no-kill']) killed ??= pair[0].kill();
  }
  const whole = texts(await patiently((server) => server.finalize(id))).join('|');
  told.push(...texts(await patiently((server) => server.finalize(id, { newOnly: true }))));
  if (whole === said && told.join('|') === said) tally.right++;
  else if (whole.length > said.length || told.join('|').length > said.length) tally.doubled++;
  else tally.lost++;
}

const traffic = async () => {
  const info = await admin.info('stats');
  const figure = (name) => Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1]);
  return figure('total_net_input_bytes') + figure('total_net_output_bytes');
};

const before = await traffic();
const begun = performance.now();
await Promise.all(
  Array.from({ length: sessions }, () =>
    one().catch((error) => {
      tally.failed++;
      process.stderr.write(`${error.code ?? ''} ${error.message}\n`);
    }),
  ),
);
const seconds = (performance.now() - begun) / 1000;
const bytes = (await traffic()) - before;
const audio = sessions * sound.length;
process.stdout.write(
  `${sessions} sessions of ${sound.length / 2 / RATE} s in pieces of ${values['piece-ms']} ms, ${seconds.toFixed(1)} s${killed ? ', one of two servers killed half-way' : ''}\n` +
    `${JSON.stringify(tally)} asked again: ${JSON.stringify(Object.fromEntries(faults))}\n` +
    `through Redis ${bytes} bytes, audio ${audio} bytes: ${(bytes / audio).toFixed(2)} times\n`,
);
await Promise.all(pair.map((server) => server.stop()));
admin.disconnect();
await redis.remove();
home.remove();
