/**
 * The live dialects taking turns. `--part words`: jfk.wav in real time over each (`--dialect NAME` for one beside the stt-ws that
 * it is like; `--model whisper:base`): the same words, and how long the last final takes. `--part deltas`: of `--clips` (50)
 * stretches of 1 to 8 s from all over the clips, said `--speed` (3) times as fast as they were, is what the append-only dialects
 * sent bit by bit, joined, the final text? Without `--part` both.
 *
 * How the wait is counted. The end of speech is the moment at which the last frame of jfk.wav was sent: it is audible to its end.
 * Silence goes on being sent. Where silence ends an utterance all have the same one: 1000 ms, which the microphone's streams have
 * in any case; only T-one has 600 in any case, and is held against stt-ws on a server with 600. Nothing is taken off: the wait is
 * that from the end of speech to the final. Of it, what comes after the decision is told too: after the end that the detector
 * found (stt-ws tells it) and the silence, the median over all utterances. Where the client ends the utterance, it does so after
 * 1000 ms of silence, and the wait is that from its word to the final, against stt-ws with `vad=manual`.
 *
 * A decode can't be stopped, so how long a final takes depends on what was begun just before it: before each round comes another
 * bit of silence, the same for all, so that no dialect always has the luck. What a dialect itself adds does not depend on that: it
 * is what comes after the decision less what the live core counts for the same finals (`vox_live_end_to_final_seconds`).
 *
 * The same means: 10 % of stt-ws's, or 20 ms, a tick of the live core and a frame of the client, where that is more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { chances } from '../tools/chances.mjs';
import { clips, readPcm16 } from './lib/audio.mjs';
import { DIALECTS, RATE } from './lib/dialects.mjs';
import { grpcClient } from './lib/grpc.mjs';
import { freePort } from './lib/procs.mjs';
import { cannot, options, report, target } from './lib/report.mjs';
import { alternate, median } from './lib/stats.mjs';
import { pull, serve } from './lib/vox.mjs';
import { wordErrors } from './lib/words.mjs';

const flags = options({ runs: 3, clips: 50, speed: 3, part: 'all', dialect: 'all', model: 'whisper:base' });
const wants = (part) => flags.part === 'all' || flags.part === part;
if (flags.dialect !== 'all' && DIALECTS[flags.dialect] === undefined)
  cannot(`--dialect is one of ${Object.keys(DIALECTS).join(' | ')}`);

const BYTES_PER_MS = (2 * RATE) / 1000;
const FRAME_MS = 20;
/** Ms of silence behind the speech before a client ends the utterance. */
const HAND_MS = 1_000;
/** Time to decode behind the silence, in ms. */
const REST_MS = 2_500;
/** What counts as the same. */
const SAME_SHARE = 0.1;
const SAME_MS = 20;
/** A dialect that does not end within so long after its end is broken, in ms. */
const LATE_MS = 60_000;

const speech = clips().flatMap(({ name, lang, path }) => {
  const { data, rate, channels } = readPcm16(path);
  return lang === 'en' && rate === RATE && channels === 1 ? [{ name, bytes: data }] : [];
});
const jfk = speech.find(({ name }) => name === 'jfk.wav') ?? cannot('jfk.wav is not there');

const inTime = (promise, what) =>
  Promise.race([
    promise,
    sleep(LATE_MS, undefined, { ref: false }).then(() => {
      throw new Error(`${what}: no end within ${LATE_MS} ms`);
    }),
  ]);

/** Sends frames when a speaker would have said them, until `enough()`; gives the time of the last. */
async function say(bytes, send, speed = 1, enough = () => false) {
  const began = performance.now();
  for (let at = 0; at < bytes.length && !enough(); at += FRAME_MS * BYTES_PER_MS) {
    const due = began + (at / BYTES_PER_MS + FRAME_MS) / speed;
    if (due > performance.now()) await sleep(due - performance.now());
    send(bytes.subarray(at, at + FRAME_MS * BYTES_PER_MS));
  }
  return performance.now();
}

/** @param silenceMs of the server, for the dialects whose clients can't say */
const server = async (model, silenceMs) => {
  pull(model);
  const ports = { grpc: await freePort(), wyoming: await freePort() };
  const listeners = ['--grpc-port', String(ports.grpc), '--wyoming', String(ports.wyoming)];
  const vox = await serve([...listeners, '--preload', model, '--keep-alive', '-1'], {
    VOX_STT_MODEL: model,
    VOX_LIVE_VAD_SILENCE_MS: String(silenceMs),
  });
  const grpc = grpcClient(ports.grpc);
  const at = { base: vox.base, wyoming: ports.wyoming, grpc };
  const stop = () => {
    grpc.close();
    return vox.stop();
  };
  return { at, stop };
};

/** Ms from decisions to finals that a server has counted so far. */
async function coreSum({ base }) {
  const figures = await (await fetch(`${base}/metrics`)).text();
  const sums = [...figures.matchAll(/^vox_live_end_to_final_seconds_sum\S* (\S+)$/gm)];
  return 1000 * sums.reduce((sum, [, seconds]) => sum + Number(seconds), 0);
}

/**
 * jfk.wav after `leadMs` of silence: its finals with words, the wait in ms, what the core counts of its finals (of those behind
 * the client's end, where that ends the utterance), and when its first sample was due.
 */
async function once(at, name, model, leadMs) {
  const { open, manual = false, silenceMs } = DIALECTS[name];
  const byHand = silenceMs === undefined;
  let coreMs = await coreSum(at);
  const client = await open(at, { model, silenceMs: silenceMs ?? HAND_MS, manual });
  const finals = () => client.said.finals.filter(({ text }) => text.trim() !== '');
  const spokenAt = await say(Buffer.concat([Buffer.alloc(leadMs * BYTES_PER_MS), jfk.bytes]), client.send);
  const answered = () => !byHand && (finals().at(-1)?.at ?? 0) > spokenAt;
  const quietMs = byHand ? HAND_MS : silenceMs + REST_MS;
  await say(Buffer.alloc(quietMs * BYTES_PER_MS), client.send, 1, answered);
  if (!byHand && !answered()) console.error(`${name}: so slow that its final came behind the client's end`);
  if (byHand) coreMs = await coreSum(at);
  const endedAt = performance.now();
  client.end();
  await inTime(client.done, name);
  client.close();
  coreMs = (await coreSum(at)) - coreMs;
  const waitMs = (finals().at(-1)?.at ?? Number.NaN) - (byHand ? endedAt : spokenAt);
  return { finals: finals(), waitMs, coreMs, beganAt: spokenAt - jfk.bytes.length / BYTES_PER_MS };
}

/** Ms of each final behind the end that stt-ws found and the silence; where other utterances were found, of the last. */
function afterDecision({ finals, beganAt }, ends, silenceMs) {
  const behind = (final, endMs) => final.at - beganAt - endMs - silenceMs;
  if (finals.length === ends.length) return finals.map((final, index) => behind(final, ends[index]));
  return [behind(finals.at(-1), ends.at(-1))];
}

/** Every dialect in turn beside the form of stt-ws that it is like; adds to `figures` and `targets`. */
async function compare(ats, model) {
  const { like } = DIALECTS[flags.dialect] ?? {};
  const wanted = Object.keys(DIALECTS).filter(
    (name) => ['all', name, like].includes(flags.dialect) || name === like,
  );
  const chance = chances(flags.runs);
  const leads = Array.from({ length: flags.runs }, () => FRAME_MS * Math.round(25 * chance()));
  const texts = Object.fromEntries(wanted.map((name) => [name, []]));
  const decided = Object.fromEntries(wanted.map((name) => [name, []]));
  const added = Object.fromEntries(wanted.map((name) => [name, []]));
  const ends = {};
  const side = (name) => async () => {
    const { like, silenceMs, manual } = DIALECTS[name];
    const leadMs = leads[texts[name].length];
    const heard = await once(ats[silenceMs ?? HAND_MS], name, model, leadMs);
    const text = heard.finals.map(({ text }) => text).join(' ');
    texts[name].push(text);
    if (name === like) ends[name] = heard.finals.map(({ endMs }) => endMs - leadMs);
    const late = silenceMs === undefined ? [heard.waitMs] : afterDecision(heard, ends[like], silenceMs);
    decided[name].push(...late);
    const sum = late.reduce((a, b) => a + b, 0);
    // Wyoming's last utterance may have ended in the silence before its client's word.
    const known = silenceMs === undefined ? manual === true : late.length === heard.finals.length;
    if (known) added[name].push((sum - heard.coreMs) / late.length);
    if (!flags.json)
      console.error(`${name}: ${Math.round(heard.waitMs)} ms [${late.map(Math.round).join(' ')}]: ${text}`);
    return heard.waitMs;
  };
  const waits = await alternate(Object.fromEntries(wanted.map((name) => [name, side(name)])), flags.runs, 0);
  const [reference] = Object.values(texts);
  for (const name of wanted) {
    const { like, silenceMs } = DIALECTS[name];
    const from = silenceMs === undefined ? "client's end" : 'end of speech';
    figures[`${from} to final, ${name}`] = [median(waits[name]), 'ms'];
    const errors = texts[name].map((text) => wordErrors(reference[0], text).errors);
    targets.push(target(`words of ${name} that differ`, Math.max(...errors), '<=', 0));
    if (name !== like) targets.push(within(`${from} to final, ${name} beside ${like}, ms`, waits, name));
    if (silenceMs !== undefined) figures[`of it after the decision, ${name}`] = [median(decided[name]), 'ms'];
    if (added[name].length === 0) continue;
    figures[`added to the core's time, ${name}`] = [median(added[name]), 'ms'];
    if (name !== like) targets.push(within(`added to the core's time, ${name}, ms`, added, name));
  }
}

/** The same as stt-ws's: 10 % of it at most, or 20 ms. */
function within(what, ms, name) {
  const asFast = median(ms[DIALECTS[name].like]);
  const limit = Math.max(SAME_MS, Math.round(SAME_SHARE * asFast));
  return target(what, Math.abs(median(ms[name]) - asFast), '<=', limit);
}

/** One clip over one dialect: what of it, joined, was not its final text. */
async function broken(at, name, model, bytes) {
  const { open, manual = false } = DIALECTS[name];
  const client = await open(at, { model, silenceMs: 500, manual });
  await say(bytes, client.send, flags.speed);
  client.end();
  const { finals, deltas } = await inTime(client.done, name);
  client.close();
  const joined = (wanted) => deltas.flatMap(([key, text]) => (key === wanted ? [text] : [])).join('');
  const wrong = finals.filter(({ text, key }) => joined(key) !== text);
  for (const { text, key } of wrong) console.error(`${name}: ${JSON.stringify([joined(key), text])}`);
  return { texts: finals.length, deltas: deltas.length, wrong: wrong.length };
}

async function joinDeltas(at, model) {
  const chance = chances(8);
  const totals = {};
  for (let clip = 0; clip < flags.clips; clip++) {
    const { bytes } = speech[clip % speech.length];
    const length = Math.min(bytes.length, 2 * Math.round(RATE * (1 + 7 * chance())));
    const from = 2 * Math.floor(((bytes.length - length) / 2) * chance());
    const cut = bytes.subarray(from, from + length);
    const sides = APPEND_ONLY.filter((name) => ['all', name].includes(flags.dialect));
    const add = async (name) => {
      const result = await broken(at, name, model, cut);
      totals[name] ??= { texts: 0, deltas: 0, wrong: 0 };
      for (const key of Object.keys(result)) totals[name][key] += result[key];
    };
    // Two at once: more are more than two processors promise to hear.
    for (let at = 0; at < sides.length; at += 2) await Promise.all(sides.slice(at, at + 2).map(add));
  }
  figures['clips cut'] = [flags.clips];
  for (const [name, { texts, deltas, wrong }] of Object.entries(totals)) {
    figures[`texts, deltas of ${name}`] = [`${texts}, ${deltas}`];
    targets.push(target(`texts of ${name} that its deltas are not`, wrong, '<=', 0));
  }
}

const APPEND_ONLY = ['Realtime', 'Realtime, manual', 'Wyoming', 'Yap'];
const figures = {};
const targets = [];
if (wants('words')) {
  const silences = [
    ...new Set([HAND_MS, ...Object.values(DIALECTS).map(({ silenceMs = HAND_MS }) => silenceMs)]),
  ];
  const servers = {};
  try {
    for (const silenceMs of silences) servers[silenceMs] = await server(flags.model, silenceMs);
    const ats = Object.fromEntries(Object.entries(servers).map(([silenceMs, { at }]) => [silenceMs, at]));
    // Once is enough on each: behind the dialects stands one engine. This one waits for a slow start.
    for (const at of Object.values(ats)) await once(at, 'Yap', flags.model, 0);
    await compare(ats, flags.model);
  } finally {
    for (const { stop } of Object.values(servers)) await stop();
  }
}
if (wants('deltas')) {
  const model = 'whisper:tiny.en';
  const { at, stop } = await server(model, HAND_MS);
  try {
    await joinDeltas(at, model);
  } finally {
    await stop();
  }
}
report('Live dialects', figures, targets, flags);
