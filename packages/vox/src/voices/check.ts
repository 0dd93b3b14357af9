/** Is a recording good enough to be a voice? The original's limits (vox.md 2.6). */
import { VoxError } from '@vox-speech/contract';

export const MIN_SECONDS = 1;
export const MAX_SECONDS = 30;
/** Root mean square below which a recording counts as silent; full scale is 1. */
const MIN_LEVEL = 1e-3;
/** A sample this loud is cut off, or as good as. */
const CLIPPED_AT = 0.99;
const MAX_CLIPPED_SHARE = 0.01;

/**
 * @param samples mono, full scale is 1
 * @param sampleRate Hz
 * @throws VoxError `unprocessable` that says what is wrong, what was measured and what is wanted
 */
export function checkRecording(samples: Float32Array, sampleRate: number): void {
  const seconds = samples.length / sampleRate;
  if (seconds < MIN_SECONDS) throw unfit(`is ${seconds.toFixed(2)} s long; record at least ${MIN_SECONDS} s`);
  if (seconds > MAX_SECONDS) throw tooLong();
  let squares = 0;
  let clipped = 0;
  for (const sample of samples) {
    squares += sample * sample;
    if (Math.abs(sample) >= CLIPPED_AT) clipped++;
  }
  const level = Math.sqrt(squares / samples.length);
  if (level < MIN_LEVEL)
    throw unfit(
      `is silent: its level is ${level.toExponential(1)}, and ${MIN_LEVEL} is the least; record louder`,
    );
  if (clipped > MAX_CLIPPED_SHARE * samples.length) {
    const share = ((100 * clipped) / samples.length).toFixed(1);
    throw unfit(`is clipped: ${share} % of its samples are at full scale, at most 1 % may be; record softer`);
  }
}

/** The error of a recording of which it is known, before it is read, that it is too long. */
export function tooLong(): VoxError {
  return unfit(`is longer than ${MAX_SECONDS} s; cut a shorter piece out of it`);
}

function unfit(what: string): VoxError {
  return new VoxError('unprocessable', `audio_sample: the recording ${what}`, { param: 'audio_sample' });
}
