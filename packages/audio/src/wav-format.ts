/** The `fmt ` chunk of a WAVE file (Microsoft, "Multimedia Data Standards Update" 1994; mmreg.h for the codec numbers). */
import { VoxError } from '@vox-speech/contract';
import { SAMPLE_BYTES, type SampleEncoding } from './pcm.js';

/** What a WAV says of its samples. */
export interface WavFormat {
  readonly encoding: SampleEncoding;
  readonly channels: number;
  /** Hz. */
  readonly sampleRate: number;
  /** Bytes of one frame, that is one sample of every channel. */
  readonly frameBytes: number;
}

/** Codec numbers of mmreg.h. */
export const WAVE_CODEC = { pcm: 1, float: 3, alaw: 6, mulaw: 7, extensible: 0xfffe } as const;

export const MAX_CHANNELS = 64;
/** Hz. */
export const MIN_SAMPLE_RATE = 1000;
export const MAX_SAMPLE_RATE = 384_000;

/** Bytes 4..16 of the sub-format of WAVE_FORMAT_EXTENSIBLE; the first four are the codec number. */
export const SUBFORMAT_TAIL: readonly number[] = [0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

/** Bytes of a `fmt ` chunk that mean anything to us: WAVEFORMATEXTENSIBLE. */
export const MAX_FMT_BYTES = 40;

const NAMES: Readonly<Record<number, string>> = {
  2: 'Microsoft ADPCM',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  80: 'MPEG',
  85: 'MP3',
  255: 'AAC',
  353: 'Windows Media Audio',
};

function unknownCodec(codec: number, bits: number): VoxError {
  const name = NAMES[codec];
  return new VoxError(
    'unsupported_media',
    `WAV codec ${codec} (0x${codec.toString(16).padStart(4, '0')}${name ? `, ${name}` : ''}) with ${bits} bits a sample is not read; send PCM, float, A-law or mu-law`,
  );
}

function encodingOf(codec: number, bits: number, containerBytes: number): SampleEncoding | undefined {
  if (codec === WAVE_CODEC.pcm) return (['u8', 's16', 's24', 's32'] as const)[containerBytes - 1];
  if (codec === WAVE_CODEC.float) return bits === 32 ? 'f32' : bits === 64 ? 'f64' : undefined;
  if (bits !== 8) return undefined;
  return codec === WAVE_CODEC.alaw ? 'alaw' : codec === WAVE_CODEC.mulaw ? 'mulaw' : undefined;
}

/**
 * Reads the body of a `fmt ` chunk, of which at least 16 bytes are needed.
 * @throws VoxError `unsupported_media` for another codec (the message has its number) or values that no audio has
 */
export function parseFmt(body: Uint8Array): WavFormat {
  if (body.length < 16)
    throw new VoxError(
      'unsupported_media',
      `the WAV's fmt chunk has ${body.length} bytes; at least 16 are needed`,
    );
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const channels = view.getUint16(2, true);
  const sampleRate = view.getUint32(4, true);
  const blockAlign = view.getUint16(12, true);
  const bits = view.getUint16(14, true);
  let codec = view.getUint16(0, true);
  if (codec === WAVE_CODEC.extensible) {
    if (body.length < MAX_FMT_BYTES || SUBFORMAT_TAIL.some((byte, i) => body[28 + i] !== byte))
      throw unknownCodec(codec, bits);
    codec = view.getUint32(24, true);
  }
  if (channels < 1 || channels > MAX_CHANNELS)
    throw new VoxError(
      'unsupported_media',
      `the WAV has ${channels} channels; 1 to ${MAX_CHANNELS} are read`,
    );
  if (sampleRate < MIN_SAMPLE_RATE || sampleRate > MAX_SAMPLE_RATE)
    throw new VoxError(
      'unsupported_media',
      `the WAV has a sample rate of ${sampleRate} Hz; ${MIN_SAMPLE_RATE} to ${MAX_SAMPLE_RATE} are read`,
    );
  // 20 bits may lie in 3 bytes or in 4: the block says which. A block that makes no sense is not believed.
  const needed = Math.ceil(bits / 8);
  const stated = blockAlign / channels;
  const container = Number.isInteger(stated) && stated >= needed && stated <= 4 ? stated : needed;
  const encoding = encodingOf(codec, bits, container);
  if (encoding === undefined || bits === 0) throw unknownCodec(codec, bits);
  return { encoding, channels, sampleRate, frameBytes: SAMPLE_BYTES[encoding] * channels };
}
