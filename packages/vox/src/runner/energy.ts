/** How loud it is, in frames of 20 ms. */

/** 20 ms at 16 kHz: shorter than a sound of speech, longer than a period of any voice. */
export const FRAME = 320;
/** dBFS of digital silence. */
const FLOOR_DB = -100;

/** Level of each whole frame in dB of full scale. */
export function frameLevels(samples: Float32Array): Float32Array {
  const levels = new Float32Array(Math.floor(samples.length / FRAME));
  for (let frame = 0; frame < levels.length; frame++) {
    let sum = 0;
    const from = frame * FRAME;
    for (let at = from; at < from + FRAME; at++) {
      const sample = samples[at] ?? 0;
      sum += sample * sample;
    }
    levels[frame] = Math.max(FLOOR_DB, 10 * Math.log10(sum / FRAME + 1e-12));
  }
  return levels;
}

/**
 * Middle of the quietest stretch of `frames` frames, in samples; of equally quiet ones, the one nearest to the middle.
 * @returns half the length when the samples are shorter than that
 */
export function quietestPoint(samples: Float32Array, frames: number): number {
  const levels = frameLevels(samples);
  if (levels.length <= frames) return samples.length >> 1;
  let best = 0;
  let bestSum = Number.POSITIVE_INFINITY;
  let sum = 0;
  const middle = (levels.length - frames) / 2;
  for (let end = 0; end < levels.length; end++) {
    sum += levels[end] ?? 0;
    if (end >= frames) sum -= levels[end - frames] ?? 0;
    const start = end - frames + 1;
    if (start < 0) continue;
    const nearer = Math.abs(start - middle) < Math.abs(best - middle);
    if (sum < bestSum - 1e-3 || (sum < bestSum + 1e-3 && nearer)) {
      best = start;
      bestSum = Math.min(sum, bestSum);
    }
  }
  return (best + frames / 2) * FRAME;
}
