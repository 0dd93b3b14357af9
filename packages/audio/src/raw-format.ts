/** Samples without any header: what has to be known of them, and the media types that say it. */
import { MAX_CHANNELS, MAX_SAMPLE_RATE, MIN_SAMPLE_RATE } from './wav-format.js';

/** Little-endian, interleaved: 16-bit integers, or 32-bit floats of which 1 is full scale. */
export type RawEncoding = 'pcm16' | 'f32';

export interface RawFormat {
  readonly encoding: RawEncoding;
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
}

/** What a media type states; the rate is not always among it. */
export type RawType = Pick<RawFormat, 'encoding'> & Partial<RawFormat>;

/**
 * Reads `audio/L16; rate=16000; channels=1` and `audio/pcm; rate=16000`, in any case. RFC 2586 has L16 in network byte
 * order, yet what clients send under this name is little-endian, and so is what Vox answers with.
 * @returns undefined for any other type, and for one whose rate or channels no audio has
 */
export function rawTypeOf(mediaType: string | undefined): RawType | undefined {
  const [type = '', ...parameters] = (mediaType ?? '').toLowerCase().split(';');
  if (!['audio/l16', 'audio/pcm'].includes(type.trim())) return undefined;
  const stated = (name: string): number | undefined => {
    const value = parameters.map((one) => one.split('=')).find(([key]) => key?.trim() === name)?.[1];
    return value === undefined ? undefined : Number(value.trim().replaceAll('"', ''));
  };
  const [sampleRate, channels] = [stated('rate'), stated('channels')];
  if (!fits(sampleRate, MIN_SAMPLE_RATE, MAX_SAMPLE_RATE) || !fits(channels, 1, MAX_CHANNELS))
    return undefined;
  return {
    encoding: 'pcm16',
    ...(sampleRate === undefined ? {} : { sampleRate }),
    ...(channels === undefined ? {} : { channels }),
  };
}

function fits(value: number | undefined, min: number, max: number): boolean {
  return value === undefined || (Number.isInteger(value) && value >= min && value <= max);
}
