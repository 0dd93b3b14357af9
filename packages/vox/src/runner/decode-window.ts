/** One window through the recogniser, redone on shorter windows if it loops or leaves out what was said. */
import { type Model, type Segment, type TranscribeOptions, VoxError } from '@vox-speech/contract';
import { MIN_UNCOVERED, type Uncovered, uncoveredSpeech } from './coverage.js';
import { withoutEcho } from './echo.js';
import { quietestPoint } from './energy.js';
import { compressionRatio, loopScore } from './loop.js';

/** Hz. */
export const SAMPLE_RATE = 16_000;
/** A window shorter than this is not split again, in samples. */
const MIN_SPLIT = 4 * SAMPLE_RATE;
/** Neither part of a split is shorter, in samples: Whisper invents words where it has too little to go by. */
const MIN_PART = 1.4 * SAMPLE_RATE;
/** Parts, and parts of those. */
const MAX_DEPTH = 2;
/** Seconds around a missing phrase in which the pause before or after it is looked for. */
const REACH = 1.5;
/** 120 ms in frames of 20: a pause between words, not a stop consonant. */
const PAUSE_FRAMES = 6;

/** A model, as far as decodes need it. */
export type Listens = Pick<Model, 'info' | 'transcribe'>;

/**
 * What the recogniser hears in one window.
 * @param doubtAt seconds of loud sound without a word from which on it is asked again
 * @returns segments with times in ms from the window's first sample
 * @throws VoxError `cancelled`, or what the model throws
 */
export async function decodeWindow(
  model: Listens,
  samples: Float32Array,
  options: TranscribeOptions,
  signal: AbortSignal,
  doubtAt: number = MIN_UNCOVERED.clip,
  depth = 0,
): Promise<Segment[]> {
  const segments = await decodeOnce(model, samples, options, signal);
  const doubt = judge(segments, samples, doubtAt);
  if (doubt.score === 0 || depth >= MAX_DEPTH || samples.length < MIN_SPLIT) return segments;
  const cut = cutPoint(samples, doubt.uncovered);
  // The language that the whole was heard in is kept, so that a half is not taken for another one.
  const language = options.language ?? segments[0]?.language;
  const same = language === undefined ? options : { ...options, language };
  const left = await decodeWindow(model, samples.subarray(0, cut), same, signal, doubtAt, depth + 1);
  const right = await decodeWindow(model, samples.subarray(cut), same, signal, doubtAt, depth + 1);
  const again = [...left, ...right.map((segment) => shift(segment, (cut / SAMPLE_RATE) * 1000))];
  return judge(again, samples, doubtAt).score < doubt.score ? again : segments;
}

/** A segment on a clock that began `ms` earlier. */
export function shift(segment: Segment, ms: number): Segment {
  const moved = {
    ...segment,
    startMs: Math.round(segment.startMs + ms),
    endMs: Math.round(segment.endMs + ms),
  };
  if (segment.words === undefined) return moved;
  const words = segment.words.map((word) => ({
    ...word,
    startMs: Math.round(word.startMs + ms),
    endMs: Math.round(word.endMs + ms),
  }));
  return { ...moved, words };
}

/** What the recogniser hears at the first try. Throws VoxError `cancelled`, or what the model throws. */
export async function decodeOnce(
  model: Listens,
  samples: Float32Array,
  options: TranscribeOptions,
  signal: AbortSignal,
): Promise<Segment[]> {
  if (model.transcribe === undefined)
    throw new VoxError('wrong_kind', 'this model does not transcribe', { param: 'model' });
  const segments: Segment[] = [];
  // The ratio is that of what the model said: an echo that was taken off still tells of a troubled decode.
  for await (const segment of model.transcribe({ samples, sampleRate: SAMPLE_RATE }, options, signal))
    segments.push({ ...withoutEcho(segment), compressionRatio: compressionRatio(segment.text) });
  return segments;
}

interface Doubt {
  /** 0 = none; comparable between decodes of the same samples. */
  readonly score: number;
  readonly uncovered?: Uncovered;
}

/** A loop counts more than anything that can be left out, and in one part as much as in the whole. */
const LOOP_WEIGHT = 100;

function judge(segments: readonly Segment[], samples: Float32Array, doubtAt: number): Doubt {
  const text = segments.map((segment) => segment.text).join(' ');
  const parts = segments.map((segment) => loopScore(segment.text, (segment.endMs - segment.startMs) / 1000));
  const loop = Math.max(0, loopScore(text, samples.length / SAMPLE_RATE), ...parts);
  const words = segments.flatMap((segment) => segment.words ?? []);
  const uncovered = words.length === 0 ? undefined : uncoveredSpeech(samples, words, doubtAt);
  if (uncovered === undefined) return { score: loop * LOOP_WEIGHT };
  return { score: loop * LOOP_WEIGHT + uncovered.loud, ...(loop > 0 ? {} : { uncovered }) };
}

/** Where to split: in the pause next to what is missing, or somewhere in the middle. */
function cutPoint(samples: Float32Array, uncovered: Uncovered | undefined): number {
  const third = Math.floor(samples.length / 3);
  const wanted =
    uncovered === undefined
      ? [third, 2 * third]
      : [(uncovered.from - REACH) * SAMPLE_RATE, (uncovered.to + REACH) * SAMPLE_RATE];
  const inside = wanted.map((at) =>
    Math.round(Math.min(Math.max(at, MIN_PART), samples.length - MIN_PART)),
  ) as [number, number];
  return inside[0] + quietestPoint(samples.subarray(...inside), PAUSE_FRAMES);
}
