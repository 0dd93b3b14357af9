/** A recording of any length as windows of speech, in constant memory. */
import { joinSamples } from '@vox-speech/audio';
import type { Chunking, DetectorOptions, ModelInfo, SpeechDetector } from '@vox-speech/contract';
import { Cutter, type Window } from './cutter.js';
import { SAMPLE_RATE } from './decode-window.js';
import { judgeLevel } from './level.js';

export interface WindowOptions {
  /** Samples: no window is longer. */
  readonly window: number;
  /** Called when the level does not tell, there is more than one window, or somebody has a wish of how speech is told. */
  openDetector(options?: DetectorOptions): Promise<SpeechDetector>;
  /** Long silences are to be expected, as where one party of a call is heard: the detector listens from the start. */
  readonly patchy?: boolean;
  /** What the client wishes; absent = nothing. */
  readonly chunking?: Chunking;
  /** Told after each block how many samples there have been. */
  onLength(samples: number): void;
}

/**
 * 800 ms of the pause around speech: the soft beginnings and ends of words that the detector leaves out, and a start that
 * Whisper hears better. Of 0.2, 0.5, 0.8 and 1 s the best on the shared clips (3, 3, 1 and 3 wrong words of 189).
 */
const PADDING_MS = 800;
const PER_MS = SAMPLE_RATE / 1000;
/** Shorter silences stay in the windows: they cost little, and may hold a quiet word. */
const LONG_SILENCE = 2 * SAMPLE_RATE;
/** The detector's shortest speech and its windows, twice over. */
const LOOK_BACK = SAMPLE_RATE / 2;

/**
 * Room that is left in the recogniser's window, in ms: sherpa pads the end with 3 s of silence for multilingual models,
 * and loops when there is less.
 */
const MARGIN_MS = 3_000;
/** For models without a limit of their own: as long as Whisper's. */
const DEFAULT_WINDOW_MS = 30_000;

/** Ms of audio that a model is given at once. */
export function longestWindowMs({ maxWindowMs = DEFAULT_WINDOW_MS }: ModelInfo): number {
  return maxWindowMs - MARGIN_MS;
}

/** Windows in order. Reads no further ahead than it must. Throws what the source throws. */
export async function* windowsOf(
  source: AsyncIterable<Float32Array>,
  options: WindowOptions,
): AsyncGenerator<Window> {
  let gathered: Float32Array[] = [];
  let length = 0;
  let detector: SpeechDetector | undefined;
  const { chunking } = options;
  const cutter = new Cutter({
    window: options.window,
    prefix: (chunking?.prefixMs ?? PADDING_MS) * PER_MS,
    padding: PADDING_MS * PER_MS,
    longSilence: Math.max(LONG_SILENCE, (chunking?.silenceMs ?? 0) * PER_MS),
    lookBack: LOOK_BACK,
  });
  try {
    if (chunking !== undefined) detector = await options.openDetector(chunking);
    for await (const block of source) {
      length += block.length;
      options.onLength(length);
      if (detector === undefined) {
        gathered.push(block);
        if (length <= options.window && options.patchy !== true) continue;
        detector = await options.openDetector();
        for (const early of gathered) yield* cutter.push(early, detector.accept(early), detector.openSince());
        gathered = [];
      } else yield* cutter.push(block, detector.accept(block), detector.openSince());
    }
    if (detector === undefined) {
      const samples = joinSamples(gathered);
      const verdict = judgeLevel(samples);
      if (verdict === 'silence') return;
      if (verdict === 'speech') {
        yield { start: 0, samples, spans: [{ start: 0, end: length }] };
        return;
      }
      detector = await options.openDetector();
      yield* cutter.push(samples, detector.accept(samples), detector.openSince());
    }
    yield* cutter.finish(detector.flush());
  } finally {
    detector?.close();
  }
}
