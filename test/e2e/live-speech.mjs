/** Speech for the tests of live streams: what Piper says, as the wire wants it, and a clock to send it by. */
import { floatToInt16, resample, WavDecoder } from '../../packages/audio/dist/index.js';
import { speak } from './server.mjs';

/** Hz. */
export const RATE = 16_000;
/** 20 ms of PCM16. */
export const FRAME_BYTES = 640;
export const BYTES_PER_MS = 32;

/** Sentences as PCM16 mono at 16 kHz, so much silence (ms) behind each. */
export async function spokenPcm(url, sentences, silenceMs) {
  const spoken = [];
  for (const sentence of sentences) {
    const wav = new WavDecoder();
    const samples = wav.push(await speak(url, sentence));
    spoken.push(resample(samples, wav.header.format.sampleRate, RATE));
    spoken.push(new Float32Array((silenceMs * RATE) / 1000));
  }
  return Buffer.concat(spoken.map((samples) => floatToInt16(samples)));
}

/** Sends it in frames, each when its time has come; resolves when the last has left. */
export async function sendInRealTime(ws, pcm, frameBytes = FRAME_BYTES) {
  const begun = performance.now();
  for (let at = 0; at < pcm.length; at += frameBytes) {
    ws.send(pcm.subarray(at, at + frameBytes));
    const due = begun + (at + frameBytes) / BYTES_PER_MS;
    if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
  }
}
