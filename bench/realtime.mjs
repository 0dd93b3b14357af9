/**
 * OpenAI's Realtime dialect beside `/v1/stt/ws` on one server: jfk.wav in real time over each in turn, the time from the last
 * audible sample to the final; then `--clips` (50) clips cut from ../shared/audio, whose deltas joined must be their transcript.
 * `--model` (whisper:base) hears both.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { wordErrors } from '../tools/words.mjs';
import { CLEAN, needClips, readPcm16 } from './lib/audio.mjs';
import { options, report, target } from './lib/report.mjs';
import { alternate, median } from './lib/stats.mjs';
import { pull, serve } from './lib/vox.mjs';

const flags = options({ runs: 5, clips: 50, model: 'whisper:base' });
const RATE = 16_000;
/** 20 ms of PCM16. */
const FRAME_BYTES = (RATE / 50) * 2;
const SILENCE = Buffer.alloc(RATE * 2 * 3);
/** Int16 from which on a sample is audible here. */
const AUDIBLE = 1_000;
const CLIP_SECONDS = 4;
/** A busy machine decodes slowly. */
const PATIENCE_MS = 3_000;
const COMPLETED = 'conversation.item.input_audio_transcription.completed';
const DELTA = 'conversation.item.input_audio_transcription.delta';

const SESSION = {
  type: 'transcription',
  audio: { input: { format: { type: 'audio/pcm', rate: RATE }, turn_detection: { type: 'server_vad' } } },
};

/** Each dialect: its address, how it says that it is ready, how audio is written, and what a final is. */
const DIALECTS = {
  'stt-ws': {
    path: '/v1/stt/ws?call_id=bench&sample_rate=16000&vad=silero',
    ready: (event) => event.type === 'ready',
    append: (bytes) => bytes,
    final: (event) => (event.type === 'final' ? event.text : undefined),
  },
  realtime: {
    path: '/v1/realtime?intent=transcription',
    hello: (event) =>
      event.type === 'session.created' && JSON.stringify({ type: 'session.update', session: SESSION }),
    ready: (event) => event.type === 'session.updated',
    append: (bytes) => JSON.stringify({ type: 'input_audio_buffer.append', audio: bytes.toString('base64') }),
    final: (event) => (event.type === COMPLETED ? event.transcript : undefined),
  },
};

/** Speaks a recording so much faster than real time; { text, events, waitMs } once all is told. */
async function speak(base, dialect, pcm, speed) {
  const { path, hello, ready, append, final } = DIALECTS[dialect];
  const ws = new WebSocket(`${base.replace('http', 'ws')}${path}`);
  const events = [];
  const texts = [];
  let finalAt = Number.NaN;
  const opened = new Promise((resolve, reject) => {
    ws.on('error', reject);
    ws.on('message', (data) => {
      const event = JSON.parse(data);
      events.push(event);
      const answer = hello?.(event);
      if (answer) ws.send(answer);
      if (ready(event)) resolve();
      const text = final(event);
      if (!text) return;
      texts.push(text);
      finalAt = performance.now();
    });
  });
  await opened;
  const audio = Buffer.concat([pcm, SILENCE]);
  const speechBytes = endOfSpeech(pcm);
  let spokenAt = Number.NaN;
  const began = performance.now();
  for (let at = 0; at < audio.length; at += FRAME_BYTES) {
    ws.send(append(audio.subarray(at, at + FRAME_BYTES)));
    if (at < speechBytes) spokenAt = performance.now();
    const due = began + ((at + FRAME_BYTES) / (2 * RATE) / speed) * 1000;
    if (due > performance.now()) await sleep(due - performance.now());
  }
  await untilSettled(dialect, events);
  ws.close();
  return { text: texts.join(' '), events, waitMs: finalAt - spokenAt };
}

/** Resolves when every turn that began has its final; stt-ws does not say which began: when nothing has come for long. */
async function untilSettled(dialect, events) {
  const count = (type) => events.filter((event) => event.type === type).length;
  if (dialect === 'stt-ws') {
    for (let seen = -1; seen !== events.length; await sleep(PATIENCE_MS)) seen = events.length;
    return;
  }
  const until = performance.now() + 10 * PATIENCE_MS;
  while (
    performance.now() < until &&
    count(COMPLETED) < Math.max(1, count('input_audio_buffer.speech_started'))
  )
    await sleep(50);
}

/** Bytes up to the last audible sample. */
function endOfSpeech(pcm) {
  for (let at = pcm.length - 2; at >= 0; at -= 2) if (Math.abs(pcm.readInt16LE(at)) >= AUDIBLE) return at + 2;
  return 0;
}

/** Items whose deltas, joined, are not their transcript. */
function broken(events) {
  const said = new Map();
  for (const { type, item_id, delta } of events)
    if (type === DELTA) said.set(item_id, (said.get(item_id) ?? '') + delta);
  return events.filter(
    ({ type, item_id, transcript }) => type === COMPLETED && (said.get(item_id) ?? '') !== transcript,
  );
}

const folder = needClips();
pull(flags.model);
const vox = await serve(['--preload', flags.model], { VOX_STT_MODEL: flags.model });
const jfk = readPcm16(join(folder, 'jfk.wav')).data;
const heard = {};
const once = (dialect) => async () => {
  const { text, waitMs } = await speak(vox.base, dialect, jfk, 1);
  heard[dialect] = text;
  return waitMs;
};
const waits = await alternate({ 'stt-ws': once('stt-ws'), realtime: once('realtime') }, flags.runs);

let items = 0;
let wrong = 0;
let cut = 0;
for (const name of [CLEAN, CLEAN, CLEAN, CLEAN].flat()) {
  const { data } = readPcm16(join(folder, `${name}.wav`));
  const size = CLIP_SECONDS * RATE * 2;
  // Each round begins elsewhere in the recording.
  const from = Math.min(3, Math.floor(cut / 14)) * RATE;
  for (let at = from; at + size <= data.length && cut < flags.clips; at += size, cut++) {
    const { events } = await speak(vox.base, 'realtime', data.subarray(at, at + size), 4);
    items += events.filter(({ type }) => type === COMPLETED).length;
    wrong += broken(events).length;
  }
}
await vox.stop();

const ratio = median(waits.realtime) / median(waits['stt-ws']);
report(
  'realtime',
  {
    'end of speech to final, stt-ws': [median(waits['stt-ws']), 'ms'],
    'end of speech to final, realtime': [median(waits.realtime), 'ms'],
    'words of the two that differ on jfk.wav': [wordErrors(heard['stt-ws'], heard.realtime).errors],
    'clips cut': [cut],
    'items of those': [items],
  },
  [
    target('realtime / stt-ws', ratio, '<=', 1.1),
    target('items whose deltas are not their transcript', wrong, '<=', 0),
  ],
  flags,
);
