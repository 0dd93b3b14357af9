/** The bytes before the samples of a WAV, for a known length or for a stream. */
import { VoxError } from '@vox-speech/contract';
import { encodeSamples, SAMPLE_BYTES, type SampleEncoding } from './pcm.js';
import { MAX_CHANNELS, MAX_SAMPLE_RATE, MIN_SAMPLE_RATE, SUBFORMAT_TAIL, WAVE_CODEC } from './wav-format.js';

export interface WavHeaderOptions {
  readonly encoding: SampleEncoding;
  /** Hz. */
  readonly sampleRate: number;
  /** Default 1. */
  readonly channels?: number;
  /** Samples of each channel; absent = not known yet: both sizes are written as 0xFFFFFFFF, which readers take for "to the end". */
  readonly frames?: number;
  /** Write WAVE_FORMAT_EXTENSIBLE, which Microsoft asks for above two channels or 16 bits. Default false: more programs read the plain form. */
  readonly extensible?: boolean;
}

const UNKNOWN_SIZE = 0xffffffff;

function codecOf(encoding: SampleEncoding): number {
  if (encoding === 'f32' || encoding === 'f64') return WAVE_CODEC.float;
  return encoding === 'alaw' || encoding === 'mulaw' ? WAVE_CODEC[encoding] : WAVE_CODEC.pcm;
}

function check(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new VoxError(
      'invalid_request',
      `${name} must be a whole number from ${min} to ${max}, not ${value}`,
      {
        param: name,
      },
    );
}

/**
 * The header of a WAV; the samples follow it at once. Lengths past 4 GB are written as unknown.
 * An odd number of bytes of samples asks for one byte of padding after them.
 * @returns 44 bytes for plain PCM; other codecs carry a `fact` chunk, as the standard asks
 * @throws VoxError `invalid_request` for a rate, channel count or length out of range
 */
export function wavHeader(options: WavHeaderOptions): Uint8Array {
  const { encoding, sampleRate, channels = 1, frames, extensible = false } = options;
  check('sampleRate', sampleRate, MIN_SAMPLE_RATE, MAX_SAMPLE_RATE);
  check('channels', channels, 1, MAX_CHANNELS);
  if (frames !== undefined) check('frames', frames, 0, Number.MAX_SAFE_INTEGER);
  const codec = codecOf(encoding);
  const width = SAMPLE_BYTES[encoding];
  const fmtBytes = extensible ? 40 : codec === WAVE_CODEC.pcm ? 16 : 18;
  const factBytes = codec === WAVE_CODEC.pcm ? 0 : 12;
  const total = 12 + 8 + fmtBytes + factBytes + 8;
  const dataBytes = frames === undefined ? UNKNOWN_SIZE : frames * width * channels;
  const riffBytes = total - 8 + dataBytes + (dataBytes & 1);
  const known = riffBytes < UNKNOWN_SIZE;

  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const text = (value: string) => {
    for (const character of value) bytes[at++] = character.charCodeAt(0);
  };
  const u16 = (value: number) => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const u32 = (value: number) => {
    view.setUint32(at, value, true);
    at += 4;
  };
  text('RIFF');
  u32(known ? riffBytes : UNKNOWN_SIZE);
  text('WAVEfmt ');
  u32(fmtBytes);
  u16(extensible ? WAVE_CODEC.extensible : codec);
  u16(channels);
  u32(sampleRate);
  u32(sampleRate * width * channels);
  u16(width * channels);
  u16(width * 8);
  if (extensible) {
    u16(22);
    u16(width * 8);
    u32(0); // No speaker positions stated.
    u32(codec);
    bytes.set(SUBFORMAT_TAIL, at);
    at += SUBFORMAT_TAIL.length;
  } else if (fmtBytes === 18) {
    u16(0);
  }
  if (factBytes > 0) {
    text('fact');
    u32(4);
    u32(known && frames !== undefined ? frames : UNKNOWN_SIZE);
  }
  text('data');
  u32(known ? dataBytes : UNKNOWN_SIZE);
  return bytes;
}

/**
 * A whole WAV of mono samples.
 * @param encoding default `s16`
 * @throws VoxError `invalid_request` for a rate out of range
 */
export function encodeWav(
  samples: Float32Array,
  sampleRate: number,
  encoding: SampleEncoding = 's16',
): Uint8Array {
  const header = wavHeader({ encoding, sampleRate, frames: samples.length });
  const body = encodeSamples(samples, encoding);
  const bytes = new Uint8Array(header.length + body.length + (body.length & 1));
  bytes.set(header);
  bytes.set(body, header.length);
  return bytes;
}
