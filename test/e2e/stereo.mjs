/** Calls for the tests: a party on each channel. */
import { readFileSync } from 'node:fs';
import { WavDecoder, wavHeader } from '../../packages/audio/dist/index.js';

/** Samples of a WAV at its own rate. */
export function samplesOfBytes(wav) {
  return new WavDecoder().push(wav);
}

/** Samples of a WAV file at its own rate. */
export function samplesOf(path) {
  return samplesOfBytes(readFileSync(path));
}

/** Mono float arrays, each a channel, as a 16-bit WAV at `rate` Hz. */
export function channelsAsWav(channels, rate) {
  const frames = Math.max(...channels.map(({ length }) => length));
  const bytes = Buffer.alloc(2 * channels.length * frames);
  for (let frame = 0, at = 0; frame < frames; frame++)
    for (const channel of channels) {
      const value = Math.round((channel[frame] ?? 0) * 32_767);
      at = bytes.writeInt16LE(Math.max(-32_768, Math.min(32_767, value)), at);
    }
  return Buffer.concat([
    wavHeader({ sampleRate: rate, channels: channels.length, encoding: 's16', frames }),
    bytes,
  ]);
}

/** Silence, then the samples. */
export function later(samples, silence) {
  const all = new Float32Array(silence + samples.length);
  all.set(samples, silence);
  return all;
}

/** What is heard on a channel where the other one leaks in, `delay` samples late. */
export function leaking(own, other, factor, delay) {
  return Float32Array.from(
    { length: Math.max(own.length, other.length + delay) },
    (_, at) => (own[at] ?? 0) + factor * (other[at - delay] ?? 0),
  );
}
