/** WAV for the end-to-end tests, by the product's own writer (which its own tests hold against other readers). */
import { wavHeader } from '../../packages/audio/dist/index.js';

/** 16-bit little-endian mono samples at `rate` Hz as a WAV file. */
export function pcmAsWav(pcm, rate) {
  return Buffer.concat([
    wavHeader({ sampleRate: rate, channels: 1, encoding: 's16', frames: pcm.length / 2 }),
    pcm,
  ]);
}
