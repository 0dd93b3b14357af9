/** Notices speech that a decode has left out: greedy Whisper sometimes jumps over a phrase that is like the one before. */
import type { Word } from '@vox-speech/contract';
import { frameLevels } from './energy.js';

export interface Uncovered {
  /** Seconds from the first sample: the end of the word before, the beginning of the word after. */
  readonly from: number;
  readonly to: number;
  /** Seconds of loud sound in between. */
  readonly loud: number;
}

const FRAMES_PER_SECOND = 50;
/**
 * More loud sound than this without a word, in seconds, is believed to be words left out. Two short words take 0.35 s,
 * and so does a word whose time the alignment got wrong: so a short clip, where a second decode would double the time to
 * the answer, is only doubted at the larger figure.
 */
export const MIN_UNCOVERED = { clip: 0.56, recording: 0.32 } as const;
/** Between the quiet and the loud frames of a window; nearer to the loud ones, so that breath and room do not count. */
const LOUDNESS = 0.6;
const MIN_DYNAMICS_DB = 15;

/**
 * The longest loud stretch without a word, if there is one that matters.
 * @param samples mono at 16 kHz
 * @param words their times in ms from the first sample
 * @param minimum seconds of loud sound that matter
 */
export function uncoveredSpeech(
  samples: Float32Array,
  words: readonly Word[],
  minimum: number,
): Uncovered | undefined {
  const levels = frameLevels(samples);
  const sorted = Float32Array.from(levels).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const quiet = at(0.1);
  const loud = at(0.95);
  // Without a clear difference nothing can be said.
  if (loud - quiet < MIN_DYNAMICS_DB) return undefined;
  const threshold = quiet + LOUDNESS * (loud - quiet);
  let worst: Uncovered | undefined;
  let from = 0;
  for (let index = 0; index <= words.length; index++) {
    const word = words[index];
    const to = word === undefined ? samples.length / 16_000 : word.startMs / 1000;
    let count = 0;
    for (let frame = Math.ceil(from * FRAMES_PER_SECOND); frame < to * FRAMES_PER_SECOND; frame++)
      if ((levels[frame] ?? Number.NEGATIVE_INFINITY) > threshold) count++;
    const sound = count / FRAMES_PER_SECOND;
    if (sound >= minimum && sound > (worst?.loud ?? 0)) worst = { from, to, loud: sound };
    if (word !== undefined) from = Math.max(from, word.endMs / 1000);
  }
  return worst;
}
