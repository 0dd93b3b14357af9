/**
 * The live dialects on one server, taking turns. `--part words`: jfk.wav in real time over each (`--dialect NAME` for one beside
 * stt-ws): the same words, and the wait from the end of speech to the last final against stt-ws's. `--part deltas`: of `--clips`
 * (50) stretches of 1 to 8 s from all over the clips, is what the append-only dialects sent bit by bit, joined, the final text?
 * Without `--part` both.
 *
 * How the wait is counted. The end of speech is the moment at which the last frame of jfk.wav was sent: it is audible to its end.
 * Silence goes on being sent. All are asked for the same silence, `--silence` (1000 ms, which the microphone streams have in any
 * case; T-one has 600): who finds the end of speech has to find it after that, and of the others the client ends the utterance then.
 * That silence is taken off the wait. Who hears everything up to the client's end is held against stt-ws with `vad=manual`, the
 * others against stt-ws with its detector.
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

const flags = options({ runs: 3, clips: 50, silence: 1_000, part: 'all', dialect: 'all' });
const wants = (part) => flags.part === 'all' || flags.part === part;
if (flags.dialect !== 'all' && DIALECTS[flags.dialect] === undefined)
  cannot(`--dialect is one of ${Object.keys(DIALECTS).join(' | ')}`);

const BYTES_PER_MS = (2 * RATE) / 1000;
const FRAME_MS = 20;
/** Time to decode behind the silence, in ms. */
const REST_MS = 2_500;
/** How much faster than real time clips are spoken: partials still come. */
const SPEED = 3;
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

/** Sends frames when a speaker would have said them; gives the time of the last. */
async function say(bytes, send, speed = 1) {
  const began = performance.now();
  for (let at = 0; at < bytes.length; at += FRAME_MS * BYTES_PER_MS) {
    const due = began + (at / BYTES_PER_MS + FRAME_MS) / speed;
    if (due > performance.now()) await sleep(due - performance.now());
    send(bytes.subarray(at, at + FRAME_MS * BYTES_PER_MS));
  }
  return performance.now();
}

const server = async (model) => {
  pull(model);
  const ports = { grpc: await freePort(), wyoming: await freePort() };
  const listeners = ['--grpc-port', String(ports.grpc), '--wyoming', String(ports.wyoming)];
  const vox = await serve([...listeners, '--preload', model, '--keep-alive', '-1'], {
    VOX_STT_MODEL: model,
    VOX_LIVE_VAD_SILENCE_MS: String(flags.silence),
  });
  const grpc = grpcClient(ports.grpc);
  const at = { base: vox.base, wyoming: ports.wyoming, grpc };
  const stop = () => {
    grpc.close();
    return vox.stop();
  };
  return { at, stop };
};

/** The words, and the wait in ms. */
async function once(at, name, model) {
  const { open, manual = false, silence = flags.silence } = DIALECTS[name];
  const client = await open(at, { model, silenceMs: flags.silence, manual });
  const spokenAt = await say(jfk.bytes, client.send);
  const clientEnds = manual || silence === 0;
  const quietMs = clientEnds ? flags.silence : silence + REST_MS;
  await say(Buffer.alloc(quietMs * BYTES_PER_MS), client.send);
  const endedAt = performance.now();
  client.end();
  const { finals } = await inTime(client.done, name);
  client.close();
  const said = finals.filter(({ text }) => text.trim() !== '');
  const last = said.at(-1)?.at ?? Number.NaN;
  if (!clientEnds && last > endedAt)
    console.error(`${name}: so slow that its final came behind the client's end`);
  const text = said.map(({ text }) => text).join(' ');
  return { text, waitMs: last - spokenAt - (clientEnds ? flags.silence : silence) };
}

/** Every dialect in turn beside the form of stt-ws that it is like; adds to `figures` and `targets`. */
async function compare(at, model) {
  const like = (name) => (DIALECTS[name].manual ? 'stt-ws, manual' : 'stt-ws');
  const asked = Object.keys(DIALECTS).filter((name) => ['all', name].includes(flags.dialect));
  const wanted = [...new Set(asked.flatMap((name) => ['stt-ws', like(name), name]))];
  const texts = {};
  const side = (name) => async () => {
    const { text, waitMs } = await once(at, name, model);
    texts[name] = text;
    if (!flags.json) console.error(`${name}: ${Math.round(waitMs)} ms: ${text}`);
    return waitMs;
  };
  const sides = Object.fromEntries(wanted.map((name) => [name, side(name)]));
  const waits = await alternate(sides, flags.runs, 0);
  for (const name of wanted) figures[`end of speech to final, ${name}`] = [median(waits[name]), 'ms'];
  for (const name of wanted) {
    const { errors } = wordErrors(texts['stt-ws'], texts[name]);
    if (name !== 'stt-ws') targets.push(target(`words of ${name} that differ`, errors, '<=', 0));
    if (name === like(name)) continue;
    const ratio = median(waits[name]) / median(waits[like(name)]);
    targets.push(target(`end of speech to final, ${name} / ${like(name)}`, ratio, '<=', 1.1));
  }
}

/** One clip over one dialect: what of it, joined, was not its final text. */
async function broken(at, name, model, bytes) {
  const { open, manual = false } = DIALECTS[name];
  const client = await open(at, { model, silenceMs: 500, manual });
  await say(bytes, client.send, SPEED);
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
  const model = 'whisper:base';
  const { at, stop } = await server(model);
  try {
    // Once is enough for all: behind the dialects stands one engine. This one waits for a slow start.
    await once(at, 'Yap', model);
    await compare(at, model);
  } finally {
    await stop();
  }
}
if (wants('deltas')) {
  const model = 'whisper:tiny.en';
  const { at, stop } = await server(model);
  try {
    await joinDeltas(at, model);
  } finally {
    await stop();
  }
}
report('Live dialects', figures, targets, flags);
