/** The audio that every stream of a run sends: PCM16 mono 16 kHz, and where in it there is speech. */
import { readFile } from 'node:fs/promises';
import { floatToInt16, resample, rootMeanSquare, WavDecoder } from '@vox-speech/audio';

/** Hz that goes over the wire: what `/v1/stt/ws` wants. */
export const WIRE_RATE = 16_000;
/** Samples of a frame of 20 ms. */
const FRAME = WIRE_RATE / 50;
/** Root mean square from which on a frame is speech: STT_VAD_THRESHOLD's default. */
const SPEECH_RMS = 300;
/** Of so many frames (200 ms) half must be that loud: a click behind the last word is no speech. */
const SYLLABLE = 10;

export interface BenchAudio {
  readonly pcm: Buffer;
  readonly durationMs: number;
  /** Of the first and after the last frame that is speech by its level. */
  readonly speechFromMs: number;
  readonly speechToMs: number;
}

/** Reads a WAV of any rate. Throws VoxError `unsupported_media`, `empty_audio`, or the system's error. */
export async function readBenchAudio(path: string): Promise<BenchAudio> {
  const decoder = new WavDecoder();
  const samples = decoder.push(await readFile(path));
  decoder.end();
  return benchAudio(resample(samples, decoder.header?.format.sampleRate ?? WIRE_RATE, WIRE_RATE));
}

/** @param samples mono at 16 kHz */
export function benchAudio(samples: Float32Array): BenchAudio {
  const bytes = floatToInt16(samples);
  let first: number | undefined;
  let last = 0;
  const loud: boolean[] = [];
  for (let at = 0; at < samples.length; at += FRAME) {
    const frame = samples.subarray(at, at + FRAME);
    loud.push(rootMeanSquare(frame) >= SPEECH_RMS);
    if (loud.at(-1) !== true || loud.slice(-SYLLABLE).filter(Boolean).length < SYLLABLE / 2) continue;
    first ??= FRAME * loud.indexOf(true, -SYLLABLE);
    last = at + frame.length;
  }
  const ms = (count: number): number => (1000 * count) / WIRE_RATE;
  return {
    pcm: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    durationMs: ms(samples.length),
    speechFromMs: ms(first ?? 0),
    speechToMs: ms(first === undefined ? samples.length : last),
  };
}
