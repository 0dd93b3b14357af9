/** How loud each channel of a recording is, frame by frame: all that is kept of it before it is heard. */
import type { AudioFileOptions } from '@vox-speech/audio/node';
import { readAudioFile } from '@vox-speech/audio/node';
import { SAMPLE_RATE } from '../decode-window.js';
import { FRAME, frameLevels } from '../energy.js';

/** Frames of 20 ms in a second. */
export const FRAMES_PER_SECOND = SAMPLE_RATE / FRAME;

/** dB below the loud parts of a recording where nobody is taken to speak. */
const ACTIVE_DB = 30;
/** Share of the frames that are louder than "loud": a click is no measure. */
const LOUD_SHARE = 0.05;

/** dB of full scale of each frame of one channel; an hour takes 720 kB. */
export type Levels = Float32Array;

/**
 * Reads one channel of a file to its end.
 * @throws as `readAudioFile`
 */
export async function readLevels(file: AudioFileOptions, channel: number): Promise<Levels> {
  const parts: Float32Array[] = [];
  let length = 0;
  // What is not a whole frame of a block waits for the next.
  let rest = new Float32Array(0);
  for await (const block of readAudioFile({ ...file, channel, outputRate: SAMPLE_RATE })) {
    const samples = new Float32Array(rest.length + block.length);
    samples.set(rest);
    samples.set(block, rest.length);
    const levels = frameLevels(samples);
    rest = samples.slice(levels.length * FRAME);
    parts.push(levels);
    length += levels.length;
  }
  const all = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** dB above which a frame of a recording is taken to be active, by its loudest channel. */
export function activeAbove(channels: readonly Levels[]): number {
  const [first] = channels;
  if (first === undefined || first.length === 0) return 0;
  const loudest = Float32Array.from(first, (level, frame) =>
    channels.reduce((most, one) => Math.max(most, one[frame] ?? level), level),
  ).sort();
  const loud = loudest[Math.floor((loudest.length - 1) * (1 - LOUD_SHARE))] ?? 0;
  return loud - ACTIVE_DB;
}

/** dB to the factor of an amplitude. */
export function amplitude(decibels: number): number {
  return 10 ** (decibels / 20);
}

/** How alike two series are: Pearson's correlation, gathered pair by pair. */
export class Correlation {
  #n = 0;
  #a = 0;
  #b = 0;
  #aa = 0;
  #bb = 0;
  #ab = 0;

  add(a: number, b: number): void {
    this.#n += 1;
    this.#a += a;
    this.#b += b;
    this.#aa += a * a;
    this.#bb += b * b;
    this.#ab += a * b;
  }

  get count(): number {
    return this.#n;
  }

  /** -1..1; 0 where one of them never changes. */
  get value(): number {
    const n = this.#n;
    const covariance = n * this.#ab - this.#a * this.#b;
    const spread = Math.sqrt((n * this.#aa - this.#a ** 2) * (n * this.#bb - this.#b ** 2));
    return spread > 0 ? covariance / spread : 0;
  }

  /** The factor by which the second is, in the mean of squares, the first. */
  get gain(): number {
    return this.#aa > 0 ? this.#ab / this.#aa : 0;
  }
}
