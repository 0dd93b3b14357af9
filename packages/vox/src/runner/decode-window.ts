/** One window through the recogniser, redone on shorter windows if it loops. */
import type { Model, Segment, TranscribeOptions } from '@vox-speech/contract';
import { VoxError } from '@vox-speech/contract';
import { quietestPoint } from './energy.js';
import { compressionRatio, loopScore } from './loop.js';

/** Hz. */
export const SAMPLE_RATE = 16_000;
/** A window shorter than this is not split again, in samples. */
const MIN_SPLIT = 6 * SAMPLE_RATE;
/** Thirds of a window, then thirds of those: shorter than that Whisper has too little to go by. */
const MAX_DEPTH = 2;
/** 200 ms in frames of 20: a pause between words, not a stop consonant. */
const PAUSE_FRAMES = 10;

/**
 * What the recogniser hears in one window.
 * @returns segments with times in ms from the window's first sample
 * @throws VoxError `cancelled`, or what the model throws
 */
export async function decodeWindow(
  model: Model,
  samples: Float32Array,
  options: TranscribeOptions,
  signal: AbortSignal,
  depth = 0,
): Promise<Segment[]> {
  const segments = await decodeOnce(model, samples, options, signal);
  const score = scoreOf(segments, samples);
  if (score === 0 || depth >= MAX_DEPTH || samples.length < MIN_SPLIT) return segments;
  const third = Math.floor(samples.length / 3);
  const cut = third + quietestPoint(samples.subarray(third, 2 * third), PAUSE_FRAMES);
  // The language that the whole was heard in is kept, so that a half is not taken for another one.
  const language = options.language ?? segments[0]?.language;
  const same = language === undefined ? options : { ...options, language };
  const left = await decodeWindow(model, samples.subarray(0, cut), same, signal, depth + 1);
  const right = await decodeWindow(model, samples.subarray(cut), same, signal, depth + 1);
  const again = [...left, ...right.map((segment) => shift(segment, (cut / SAMPLE_RATE) * 1000))];
  return scoreOf(again, samples) < score ? again : segments;
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

async function decodeOnce(
  model: Model,
  samples: Float32Array,
  options: TranscribeOptions,
  signal: AbortSignal,
): Promise<Segment[]> {
  if (model.transcribe === undefined)
    throw new VoxError('wrong_kind', 'this model does not transcribe', { param: 'model' });
  const segments: Segment[] = [];
  for await (const segment of model.transcribe({ samples, sampleRate: SAMPLE_RATE }, options, signal))
    segments.push({ ...segment, compressionRatio: compressionRatio(segment.text) });
  return segments;
}

/** The worst of the parts counts as much as the whole: one looping half is enough to be worse than none. */
function scoreOf(segments: readonly Segment[], samples: Float32Array): number {
  const text = segments.map((segment) => segment.text).join(' ');
  const parts = segments.map((segment) => loopScore(segment.text, (segment.endMs - segment.startMs) / 1000));
  return Math.max(0, loopScore(text, samples.length / SAMPLE_RATE), ...parts);
}
