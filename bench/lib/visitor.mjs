/** One client of live streams that behaves as chance has it: talks, commits, falls silent, errs, and leaves in any way. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** Hz. */
const RATE = 16_000;
/** 20 ms of PCM16. */
const FRAME_BYTES = 640;
const TALK_SECONDS = 6;
/** Longest visit, ms. */
const VISIT_MS = 5_000;
export const PATHS = [
  '/v1/stt/ws?call_id=soak&sample_rate=16000',
  '/v1/audio/stream',
  '/v1/audio/transcriptions/stream',
];

/** A voice as a level meter hears it: a tone in syllables, and a second of silence after every two. PCM16, 16 kHz. */
export function babble() {
  const pcm = Buffer.alloc(2 * RATE * TALK_SECONDS);
  for (let i = 0; i < pcm.length / 2; i++) {
    const talks = i % (3 * RATE) < 2 * RATE && i % 3_680 < 2_400;
    if (talks) pcm.writeInt16LE(Math.round(9_000 * Math.sin((2 * Math.PI * 180 * i) / RATE)), 2 * i);
  }
  return pcm;
}

/** Ms that a refused client waits, as it is told to: stt-ws in ms, the others in seconds. */
function hintOf({ retry_after_ms: ms, retry_after: seconds }) {
  return ms ?? (seconds === undefined ? 0 : seconds * 1_000);
}

/**
 * One visit, from the connection to its end, and the wait behind it where it was refused. `count` is told what came: a
 * type of message, or `closed CODE`.
 */
export async function visit({ base, model, pcm, chance, count }) {
  const path = PATHS[Math.floor(chance() * PATHS.length)];
  const isStt = path === PATHS[0];
  const query = isStt ? `&vad=energy&model=${encodeURIComponent(model)}` : '';
  const ws = new WebSocket(base.replace('http', 'ws') + path + query);
  let hintMs = 0;
  const closed = new Promise((resolve) =>
    ws.on('close', (code) => {
      count(`closed ${code}`);
      setTimeout(resolve, hintMs * chance());
    }),
  );
  ws.on('error', () => {});
  ws.on('message', (data) => {
    const message = JSON.parse(data.toString('utf8'));
    count(message.type);
    hintMs = hintOf(message);
  });
  const say = (message) => ws.readyState === WebSocket.OPEN && ws.send(message);
  const opened = new Promise((resolve) => ws.on('open', resolve));
  // One of ten is gone before it is there.
  if (chance() < 0.1) {
    await sleep(chance() * 10);
    ws.terminate();
    return closed;
  }
  await Promise.race([opened, closed]);
  if (!isStt) say(JSON.stringify({ type: 'config', model, partials: true }));
  const leaves = performance.now() + chance() * VISIT_MS;
  const pace = chance() < 0.2 ? 0 : 20;
  const first = FRAME_BYTES * Math.floor((chance() * pcm.length) / FRAME_BYTES);
  for (let at = 0; ws.readyState === WebSocket.OPEN && performance.now() < leaves; at += FRAME_BYTES) {
    const from = (first + at) % pcm.length;
    say(pcm.subarray(from, from + FRAME_BYTES));
    if (chance() < 0.01) say('{"type":"commit"}');
    if (chance() < 0.001) say('{');
    // Without a pace it sends as bursts of a second.
    if (pace > 0 || (at / FRAME_BYTES) % 50 === 0) await sleep(pace || 300);
  }
  const way = chance();
  if (way < 0.4) ws.terminate();
  else if (way < 0.7) ws.close(1000);
  else {
    say(isStt ? '{"type":"commit"}' : '{"type":"end"}');
    await Promise.race([closed, sleep(1_000)]);
    ws.close();
  }
  // Whoever closes politely and isn't answered leaves all the same.
  await Promise.race([closed, sleep(5_000)]);
  ws.terminate();
  return closed;
}
