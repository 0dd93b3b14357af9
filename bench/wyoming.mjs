/**
 * What Wyoming costs beside the other ways to the same engine, taking turns: from the last sample of jfk.wav, sent in real
 * time, to its words, against `/v1/stt/ws`; from a text to its first audio, against the HTTP stream; and whether the chunks of
 * `--clips` (50) cuts of the clips, joined, are their transcripts. `--part final|audio|chunks` runs one of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { clips, readPcm16 } from './lib/audio.mjs';
import { freePort } from './lib/procs.mjs';
import { cannot, options, report, target } from './lib/report.mjs';
import { alternate, median } from './lib/stats.mjs';
import { pull, serve } from './lib/vox.mjs';
import { wyoming } from './lib/wyoming.mjs';

const STT = 'whisper:base';
const TTS = 'piper:en-us-joe-medium';
const RATE = 16_000;
const FORMAT = { rate: RATE, width: 2, channels: 1 };
/** 20 ms. */
const FRAME_BYTES = 640;
const SENTENCES =
  'This is the first sentence, and it is not short. This is the second one. And here is the third.';
const flags = options({ runs: 5, clips: 50, part: 'all' });
const wants = (part) => flags.part === 'all' || flags.part === part;

const samples = (clip) => {
  const { data, rate, channels } = readPcm16(clip.path);
  return rate === RATE && channels === 1 ? data : undefined;
};
const speech = clips().flatMap((clip) => {
  const bytes = clip.lang === 'en' ? samples(clip) : undefined;
  return bytes === undefined ? [] : [{ ...clip, bytes }];
});
const jfk = speech.find(({ name }) => name === 'jfk.wav') ?? cannot('jfk.wav is not there');

/** Sends frames when a speaker would have said them; gives the time of the last. */
async function inRealTime(bytes, send) {
  const began = performance.now();
  for (let at = 0; at < bytes.length; at += FRAME_BYTES) {
    const due = began + (at + FRAME_BYTES) / ((2 * RATE) / 1000);
    await sleep(Math.max(0, due - performance.now()));
    send(bytes.subarray(at, at + FRAME_BYTES));
  }
  return performance.now();
}

/** Everything up to the transcript: { text, chunks, at }. */
async function transcript(client) {
  let chunks = '';
  for (;;) {
    const { type, data, at } = await client.next();
    if (type === 'transcript-chunk') chunks += data.text;
    if (type === 'transcript') return { text: data.text, chunks, at };
  }
}

async function overWyoming(port) {
  const client = await wyoming(port);
  client.send('transcribe', { language: 'en' });
  client.send('audio-start', FORMAT);
  const last = await inRealTime(jfk.bytes, (frame) => client.send('audio-chunk', FORMAT, frame));
  client.send('audio-stop');
  const { at } = await transcript(client);
  client.close();
  return at - last;
}

async function overSttWs(base) {
  const query = `call_id=bench&sample_rate=${RATE}&language=en&frame_ms=20&partial_ms=500`;
  const socket = new WebSocket(`${base.replace('http', 'ws')}/v1/stt/ws?${query}`);
  let heard = () => {};
  const done = new Promise((resolve) => {
    heard = resolve;
  });
  await new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data) => {
      const { type, text = '' } = JSON.parse(String(data));
      if (type === 'ready') resolve();
      if (type === 'final' && /country\W*$/i.test(text)) heard(performance.now());
    });
  });
  const last = await inRealTime(jfk.bytes, (frame) => socket.send(frame));
  socket.send(JSON.stringify({ type: 'commit' }));
  const at = await done;
  socket.close();
  return at - last;
}

async function spokenOverWyoming(port) {
  const client = await wyoming(port);
  const since = performance.now();
  client.send('synthesize', { text: SENTENCES, voice: { name: TTS } });
  let first;
  for (;;) {
    const { type, at } = await client.next();
    if (type === 'audio-chunk') first ??= at - since;
    if (type === 'audio-stop') break;
  }
  client.close();
  return first;
}

async function spokenOverHttp(base) {
  const since = performance.now();
  const body = JSON.stringify({ model: TTS, input: SENTENCES, response_format: 'pcm', stream: true });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${base}/v1/audio/speech`, { method: 'POST', headers, body });
  let first;
  for await (const _ of response.body) first ??= performance.now() - since;
  return first;
}

/** Stretches of 3 to 8 s from all over the clips: how many there were, and of how many the chunks joined are not the transcript. */
async function cuts(port) {
  let wrong = 0;
  for (let cut = 0; cut < flags.clips; cut++) {
    const { bytes } = speech[cut % speech.length];
    const length = 2 * RATE * (3 + (cut % 6));
    const begin = 2 * Math.floor(((cut * 7919) % 1000) * ((bytes.length - length) / 2000));
    const client = await wyoming(port);
    client.send('transcribe', {});
    client.send('audio-start', FORMAT);
    // Fast enough to be done soon, slow enough that there are partials.
    for (let at = Math.max(0, begin); at < begin + length; at += 5 * FRAME_BYTES) {
      client.send('audio-chunk', FORMAT, bytes.subarray(at, Math.min(at + 5 * FRAME_BYTES, begin + length)));
      await sleep(25);
    }
    client.send('audio-stop');
    const { text, chunks } = await transcript(client);
    if (text !== chunks) wrong++;
    client.close();
  }
  return wrong;
}

pull(STT, TTS);
const port = await freePort();
const vox = await serve(['--wyoming', String(port), '--preload', STT, '--preload', TTS], {
  VOX_STT_MODEL: STT,
  VOX_TTS_MODEL: TTS,
});
const figures = {};
const targets = [];
try {
  if (wants('final')) {
    const sides = { wyoming: () => overWyoming(port), 'stt-ws': () => overSttWs(vox.base) };
    const results = await alternate(sides, flags.runs);
    for (const [name, times] of Object.entries(results))
      figures[`last sample to words, ${name}`] = [median(times), 'ms'];
    const ratio = median(results.wyoming) / median(results['stt-ws']);
    targets.push(target('last sample to words, Wyoming / stt-ws', ratio, '<=', 1.1));
  }
  if (wants('audio')) {
    const sides = { wyoming: () => spokenOverWyoming(port), http: () => spokenOverHttp(vox.base) };
    const results = await alternate(sides, flags.runs);
    for (const [name, times] of Object.entries(results))
      figures[`text to first audio, ${name}`] = [median(times), 'ms'];
    const apart = Math.abs(median(results.wyoming) - median(results.http));
    targets.push(target('text to first audio, ms apart', apart, '<=', 30));
  }
  if (wants('chunks')) {
    figures['cuts of the clips'] = [flags.clips];
    targets.push(target('cuts whose chunks are not the transcript', await cuts(port), '<=', 0));
  }
} finally {
  await vox.stop();
}
report('wyoming', figures, targets, flags);
