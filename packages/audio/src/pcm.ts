/** Samples as bytes (little-endian, interleaved) to and from floats in [-1, 1]. */
import { ALAW_TO_INT16, encodeAlaw, encodeMulaw, MULAW_TO_INT16 } from './g711.js';

/** How one sample is written: unsigned or signed integers, IEEE floats, G.711. All little-endian. */
export type SampleEncoding = 'u8' | 's16' | 's24' | 's32' | 'f32' | 'f64' | 'alaw' | 'mulaw';

/** Bytes of one sample. */
export const SAMPLE_BYTES: Readonly<Record<SampleEncoding, number>> = {
  u8: 1,
  s16: 2,
  s24: 3,
  s32: 4,
  f32: 4,
  f64: 8,
  alaw: 1,
  mulaw: 1,
};

/**
 * Largest magnitude that a float sample is read with. Far above full scale (some programs write floats on the
 * int16 scale), yet small enough that no sum in a filter or a mean can overflow.
 */
const FLOAT_LIMIT = 65_536;

function sane(value: number): number {
  // NaN fails every comparison.
  if (value >= -FLOAT_LIMIT && value <= FLOAT_LIMIT) return value;
  return value > 0 ? FLOAT_LIMIT : value < 0 ? -FLOAT_LIMIT : 0;
}

type Reader = (bytes: Uint8Array, view: DataView, at: number) => number;

const READERS: Readonly<Record<Exclude<SampleEncoding, 's16'>, Reader>> = {
  u8: (bytes, _, at) => ((bytes[at] ?? 128) - 128) / 128,
  s24: (_, view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8_388_608,
  s32: (_, view, at) => view.getInt32(at, true) / 2_147_483_648,
  f32: (_, view, at) => sane(view.getFloat32(at, true)),
  f64: (_, view, at) => sane(view.getFloat64(at, true)),
  alaw: (bytes, _, at) => (ALAW_TO_INT16[bytes[at] ?? 0] ?? 0) / 32_768,
  mulaw: (bytes, _, at) => (MULAW_TO_INT16[bytes[at] ?? 0] ?? 0) / 32_768,
};

/**
 * Little-endian 16-bit samples as floats; 32768 is full scale. A last odd byte is ignored.
 * @param samples where they go: `bytes.length / 2` of them, rounded down
 * @returns `samples`
 */
export function int16ToFloat(
  bytes: Uint8Array,
  samples: Float32Array = new Float32Array(bytes.length >> 1),
): Float32Array {
  for (let i = 0, at = 0; i < samples.length; i++, at += 2)
    samples[i] = (((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)) << 16) / 2_147_483_648;
  return samples;
}

/**
 * Interleaved bytes to mono floats, the mean of the channels. Bytes past the last whole frame are ignored. Floats
 * that are not numbers become 0 and absurd ones are limited to 65536; what is merely above full scale stays.
 * @param channels at least 1
 * @param only the number of the one channel to take instead of the mean; 0 = the first
 * @returns a new array with one sample a frame
 */
export function decodeToMono(
  bytes: Uint8Array,
  encoding: SampleEncoding,
  channels: number,
  only?: number,
): Float32Array {
  if (encoding === 's16' && channels === 1) return int16ToFloat(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read: Reader =
    encoding === 's16' ? (_, source, at) => source.getInt16(at, true) / 32_768 : READERS[encoding];
  const width = SAMPLE_BYTES[encoding];
  const frames = Math.floor(bytes.length / (width * channels));
  const mono = new Float32Array(frames);
  if (only !== undefined) {
    const step = width * channels;
    for (let frame = 0, at = only * width; frame < frames; frame++, at += step)
      mono[frame] = read(bytes, view, at);
    return mono;
  }
  for (let frame = 0, at = 0; frame < frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at += width) sum += read(bytes, view, at);
    mono[frame] = sum / channels;
  }
  return mono;
}

/**
 * Interleaved floats to mono, the mean of the channels. With one channel the very same array comes back.
 * Samples past the last whole frame are ignored.
 */
export function toMono(interleaved: Float32Array, channels: number): Float32Array {
  if (channels === 1) return interleaved;
  const mono = new Float32Array(Math.floor(interleaved.length / channels));
  for (let frame = 0, at = 0; frame < mono.length; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += interleaved[at++] ?? 0;
    mono[frame] = sum / channels;
  }
  return mono;
}

/** Nearest integer of `value * scale`, cut at full scale; what is no number is silence. */
function quantise(value: number, scale: number): number {
  const scaled = Math.round(value * scale);
  return scaled >= scale ? scale - 1 : scaled >= -scale ? scaled : scaled < -scale ? -scale : 0;
}

/** Floats to little-endian 16-bit bytes, rounded and cut at full scale. */
export function floatToInt16(samples: Float32Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2);
  for (let i = 0, at = 0; i < samples.length; i++) {
    const value = quantise(samples[i] ?? 0, 32_768);
    bytes[at++] = value;
    bytes[at++] = value >> 8;
  }
  return bytes;
}

type Writer = (view: DataView, at: number, value: number) => void;

const WRITERS: Readonly<Record<Exclude<SampleEncoding, 's16'>, Writer>> = {
  u8: (view, at, value) => view.setUint8(at, quantise(value, 128) + 128),
  s24: (view, at, value) => {
    const scaled = quantise(value, 8_388_608);
    view.setUint16(at, scaled & 0xffff, true);
    view.setInt8(at + 2, scaled >> 16);
  },
  s32: (view, at, value) => view.setInt32(at, quantise(value, 2_147_483_648), true),
  f32: (view, at, value) => view.setFloat32(at, value, true),
  f64: (view, at, value) => view.setFloat64(at, value, true),
  alaw: (view, at, value) => view.setUint8(at, encodeAlaw(quantise(value, 32_768))),
  mulaw: (view, at, value) => view.setUint8(at, encodeMulaw(quantise(value, 32_768))),
};

/**
 * Floats (of any number of interleaved channels) as bytes. Integers are rounded and cut at full scale; floats are
 * written as they are. On a little-endian machine `f32` is a view of the samples' own memory, not a copy.
 */
export function encodeSamples(samples: Float32Array, encoding: SampleEncoding): Uint8Array {
  if (encoding === 's16') return floatToInt16(samples);
  if (encoding === 'f32' && LITTLE_ENDIAN)
    return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  const width = SAMPLE_BYTES[encoding];
  const bytes = new Uint8Array(samples.length * width);
  const view = new DataView(bytes.buffer);
  const write = WRITERS[encoding];
  for (let i = 0, at = 0; i < samples.length; i++, at += width) write(view, at, samples[i] ?? 0);
  return bytes;
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Root mean square of samples in [-1, 1], on the scale of 16-bit samples (0..32767). */
export function rootMeanSquare(samples: Float32Array): number {
  let sum = 0;
  // By index: an iterator makes an object or two for each sample, which a live stream has sixteen thousand of a second.
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] ?? 0;
    sum += sample * sample;
  }
  return Math.sqrt(sum / Math.max(1, samples.length)) * 32_768;
}

/** The samples of several blocks in one array; a block that is alone is handed back as it is. */
export function joinSamples(blocks: readonly Float32Array[]): Float32Array {
  const only = blocks[0];
  if (only !== undefined && blocks.length === 1) return only;
  const joined = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    joined.set(block, at);
    at += block.length;
  }
  return joined;
}
