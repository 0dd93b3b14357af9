/** What we say: the data of every event, and audio in chunks. Pure. */
import type { VoxError, Warning } from '@vox-speech/contract';
import { type Data, encodeEvent } from './codec.js';

/** Samples of a chunk: what Wyoming's own programs send, and small satellites have room for. */
export const CHUNK_SAMPLES = 1024;
/** Ours are PCM16, mono. */
const WIDTH = 2;
const CHANNELS = 1;

/** Of a transcription, as far as its client and the engine have said. */
export interface About {
  readonly language?: string;
  readonly context?: Data;
}

export function error({ message, code }: VoxError): Data {
  return { text: message, code };
}

/**
 * @param warnings what of the request was not met; Wyoming has no word for that, so it is a field of our own, and only there
 * where there is one
 */
export function transcript(text: string, about: About, warnings: readonly Warning[]): Data {
  const told = warnings.map(({ option, message }) => ({ option: option ?? null, message }));
  return { text, ...about, ...(told.length === 0 ? {} : { warnings: told }) };
}

/** @param samples of this answer before it */
export function audioStart(rate: number, samples: number): readonly Uint8Array[] {
  return encodeEvent('audio-start', { ...format(rate), timestamp: ms(samples, rate) });
}

export function audioStop(rate: number, samples: number): readonly Uint8Array[] {
  return encodeEvent('audio-stop', { timestamp: ms(samples, rate) });
}

/** @param pcm16 whole samples */
export function audioChunks(pcm16: Uint8Array, rate: number, samples: number): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < pcm16.length; at += CHUNK_SAMPLES * WIDTH) {
    const timestamp = ms(samples + at / WIDTH, rate);
    const payload = pcm16.subarray(at, at + CHUNK_SAMPLES * WIDTH);
    parts.push(...encodeEvent('audio-chunk', { ...format(rate), timestamp }, payload));
  }
  return parts;
}

function format(rate: number): Data {
  return { rate, width: WIDTH, channels: CHANNELS };
}

function ms(samples: number, rate: number): number {
  return Math.floor((samples * 1000) / rate);
}
