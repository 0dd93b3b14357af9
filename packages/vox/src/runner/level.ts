/**
 * Does this sound like speech, by its level alone? Only a clear yes or no counts; the voice activity detector decides
 * the rest. It saves the detector (8 ms a second of audio, and 60 ms to load it) where one window holds the whole recording.
 */
import { FRAME, frameLevels } from './energy.js';

export type LevelVerdict = 'speech' | 'silence' | 'unsure';

/** Nothing in the recording is louder: dithered digital silence lies at -90 dBFS. */
const SILENCE_DB = -75;
/** Speech at a distance is about this loud; what is quieter is left to the detector. */
const MIN_LOUD_DB = -45;
/** From noise floor to loud frames. Steady noise and hum have 1-3 dB, speech in a room 25 and more. */
const MIN_DYNAMICS_DB = 20;
/** Share of frames nearer to the loud than to the quiet ones: clicks have less, noise with gaps more. */
const MIN_LOUD_SHARE = 0.2;
const MAX_LOUD_SHARE = 0.95;
/** Syllables come 3-6 a second, phrases still rise once in two. */
const MIN_RISES_PER_SECOND = 0.5;
/**
 * Spread of the zero crossings of loud frames over their mean: vowels cross rarely, sibilants often; beeps and noise do not
 * change. Measured: Kennedy over a loudspeaker 0.41, other speech 1.0-1.4, bursts of white or pink noise under 0.25.
 */
const MIN_CROSSING_SPREAD = 0.33;
const FRAMES_PER_SECOND = 50;

/**
 * Verdict over mono samples at 16 kHz.
 * @returns `speech` only when level, rhythm and timbre all change as they do in speech
 */
export function judgeLevel(samples: Float32Array): LevelVerdict {
  const levels = frameLevels(samples);
  if (levels.length < FRAMES_PER_SECOND / 2) return 'unsure';
  const sorted = Float32Array.from(levels).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  if (at(1) < SILENCE_DB) return 'silence';
  const floor = at(0.1);
  const loud = at(0.95);
  if (loud < MIN_LOUD_DB || loud - floor < MIN_DYNAMICS_DB) return 'unsure';
  const threshold = (floor + loud) / 2;
  let above = 0;
  let rises = 0;
  levels.forEach((level, index) => {
    if (level <= threshold) return;
    above++;
    if (index > 0 && (levels[index - 1] ?? 0) <= threshold) rises++;
  });
  const share = above / levels.length;
  if (share < MIN_LOUD_SHARE || share > MAX_LOUD_SHARE) return 'unsure';
  if (rises / (levels.length / FRAMES_PER_SECOND) < MIN_RISES_PER_SECOND) return 'unsure';
  return crossingSpread(samples, levels, threshold) < MIN_CROSSING_SPREAD ? 'unsure' : 'speech';
}

/** Standard deviation over mean of the zero crossings of frames above the threshold. */
function crossingSpread(samples: Float32Array, levels: Float32Array, threshold: number): number {
  let count = 0;
  let sum = 0;
  let squares = 0;
  levels.forEach((level, frame) => {
    if (level <= threshold) return;
    let crossings = 0;
    for (let at = frame * FRAME + 1; at < (frame + 1) * FRAME; at++)
      if ((samples[at] ?? 0) >= 0 !== (samples[at - 1] ?? 0) >= 0) crossings++;
    count++;
    sum += crossings;
    squares += crossings * crossings;
  });
  if (sum === 0) return 0;
  const mean = sum / count;
  return Math.sqrt(Math.max(0, squares / count - mean * mean)) / mean;
}
