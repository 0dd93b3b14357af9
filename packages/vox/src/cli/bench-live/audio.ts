/** The audio that every stream of a run sends: PCM16 mono 16 kHz, and where in it there is speech. */
import { readFile } from 'node:fs/promises';
import { floatToInt16, resample, rootMeanSquare, WavDecoder } from '@vox-speech/audio';

/** Hz that goes over the wire: what `/v1/stt/ws` wants. */
export const WIRE_RATE = 16_000;
/** Samples of a frame of 20 ms. */
const FRAME = WIRE_RATE / 50;
/**
 * Speech is louder than this (root mean square), which is STT_VAD_THRESHOLD's default, or than thrice the room where that is
 * less: the last sound of a word is soft.
 */
const SPEECH_RMS = 300;
const ABOVE_ROOM = 3;
/** Hiss below this is no speech in the quietest room. */
const SILENCE_RMS = 30;
/** Of ten frames (200 ms) seven are that loud: a click behind the last word is no speech. */
const SYLLABLE = 10;
const LOUD_FRAMES = 7;

export interface BenchAudio {
  readonly pcm: Buffer;
  readonly durationMs: number;
  /** Of the first and after the last frame that is speech by its level. */
  readonly speechFromMs: number;
  readonly speechToMs: number;
}

/** Reads a WAV of any rate. Throws an error that names the file and the way to make a WAV of it, or the system's. */
export async function readBenchAudio(path: string): Promise<BenchAudio> {
  const decoder = new WavDecoder();
  const samples = wavOf(decoder, await readFile(path), path);
  return benchAudio(resample(samples, decoder.header?.format.sampleRate ?? WIRE_RATE, WIRE_RATE));
}

function wavOf(decoder: WavDecoder, bytes: Uint8Array, path: string): Float32Array {
  try {
    const samples = decoder.push(bytes);
    decoder.end();
    return samples;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${path}: ${why} (only WAV is read here: ffmpeg -i ${path} talk.wav makes one)`, {
      cause: error,
    });
  }
}

/** @param samples mono at 16 kHz */
export function benchAudio(samples: Float32Array): BenchAudio {
  const bytes = floatToInt16(samples);
  const levels: number[] = [];
  for (let at = 0; at < samples.length; at += FRAME)
    levels.push(rootMeanSquare(samples.subarray(at, at + FRAME)));
  const room = [...levels].sort((a, b) => a - b)[Math.floor(levels.length / 10)] ?? 0;
  const threshold = Math.max(SILENCE_RMS, Math.min(SPEECH_RMS, ABOVE_ROOM * room));
  const loud = levels.map((level) => level >= threshold);
  const syllables = loud.map((_, end) => {
    const frames = loud.slice(Math.max(0, end + 1 - SYLLABLE), end + 1);
    return frames.at(-1) === true && frames.filter(Boolean).length >= LOUD_FRAMES;
  });
  const first = syllables.indexOf(true);
  const from = loud.indexOf(true, Math.max(0, first + 1 - SYLLABLE)) * FRAME;
  const to = Math.min(samples.length, (syllables.lastIndexOf(true) + 1) * FRAME);
  const ms = (count: number): number => (1000 * count) / WIRE_RATE;
  return {
    pcm: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    durationMs: ms(samples.length),
    speechFromMs: first < 0 ? 0 : ms(from),
    speechToMs: ms(first < 0 ? samples.length : to),
  };
}
