/**
 * Stretches of speech from one probability a window. The rules are those of sherpa-onnx's detector, which found them before: all that
 * is above was tuned with its results.
 */
import { type DetectorOptions, LEAVES_BELOW, type SpeechSpan } from '@vox-speech/contract';

/** Hz. */
export const SAMPLE_RATE = 16_000;
/** Samples of a window: what the model was trained with, 32 ms. */
export const WINDOW = 512;

/**
 * Silero's own default of 0.5 misses quiet words ("ask not" of Kennedy's sentence); at 0.25 none of the shared recordings
 * loses one, and noise, hum, beeps and clicks still give no speech at all. At 0.15 hum does.
 */
const THRESHOLD = 0.25;
/** Of 0 everything would be speech, and of 1 nothing. */
const THRESHOLDS = { min: 0.02, max: 0.99 };
/** Speech is over below this at the latest, however low its threshold: in silence the model says 0.001. */
const LEAST_LEAVE = 0.01;

/** Silences from 150 ms on end a stretch, so that whoever cuts at silence has many places to choose from. */
const SILENCE_MS = 150;

/** Windows in a row that must be speech before it counts: of 5 the first and the last are more than 100 ms apart. */
const WINDOWS_TO_ENTER = 5;
/** The same with a threshold of its own to leave at: of a high one to enter, 5 would be too much for a quiet word. */
const SURE_WINDOWS_TO_ENTER = 2;

/** Samples (12 ms) before the first window of speech that count as speech. */
const LEAD = 192;
/**
 * Samples (28 ms) of the first window that have gone by where an open stretch is said to begin. Whoever hears a stretch while it is
 * open wants its beginning as sound, and has a pre-roll of its own; who cuts at the ends of stretches wants none of it lost.
 */
const TOLD = 448;

/** A stretch of more than 30 s is ended where it can be: between two words, in a silence of 100 ms. */
const LONG = 30 * SAMPLE_RATE;
const OF_LONG = { stay: 0.9, leave: 0.9 - LEAVES_BELOW, silence: SAMPLE_RATE / 10 } as const;

/** Probabilities, and samples of silence. */
interface Bounds {
  /** Above it a silence within speech is over. */
  readonly stay: number;
  /** From it on down a window of speech may be the beginning of silence. */
  readonly leave: number;
  /** What ends a stretch. */
  readonly silence: number;
}

/** One recording or stream. Positions are samples since `reset`. */
export class SpeechRules {
  /** Above it a window may be the beginning of speech. */
  readonly #enter: number;
  readonly #usual: Bounds;
  readonly #ofLong: Bounds;
  readonly #windowsToEnter: number;
  /** Position up to which windows have been heard. */
  #position = 0;
  /** Windows of speech in a row where no stretch is open. */
  #entering = 0;
  /** First sample of the open stretch. */
  #start: number | undefined;
  /** Where it is said to begin while it is open. */
  #told: number | undefined;
  /** Where the silence may have begun that would end it. */
  #quietSince: number | undefined;
  /** End of the last stretch: the next does not begin before. */
  #ended = 0;

  constructor({ threshold = THRESHOLD, leave, silenceMs = SILENCE_MS }: DetectorOptions = {}) {
    const enter = Math.min(THRESHOLDS.max, Math.max(THRESHOLDS.min, threshold));
    const usualLeave = enter - LEAVES_BELOW;
    const least = Math.max(LEAST_LEAVE, Math.min(leave ?? usualLeave, usualLeave));
    this.#enter = enter;
    this.#usual = {
      stay: Math.min(enter, least + LEAVES_BELOW),
      leave: least,
      silence: Math.max(WINDOW, Math.round((silenceMs * SAMPLE_RATE) / 1000)),
    };
    this.#ofLong = { ...OF_LONG, silence: Math.min(OF_LONG.silence, this.#usual.silence) };
    this.#windowsToEnter = leave === undefined ? WINDOWS_TO_ENTER : SURE_WINDOWS_TO_ENTER;
  }

  /** The next window. Returns the stretch that ends with it, if one does. */
  hear(probability: number): SpeechSpan | undefined {
    const long = this.#start !== undefined && this.#position - this.#start > LONG;
    this.#position += WINDOW;
    if (this.#start !== undefined)
      return this.#goOn(this.#start, probability, long ? this.#ofLong : this.#usual);
    this.#entering = probability > this.#enter ? this.#entering + 1 : 0;
    if (this.#entering < this.#windowsToEnter) return undefined;
    const first = this.#position - this.#entering * WINDOW;
    this.#start = Math.max(this.#ended, first - LEAD);
    this.#told = first + TOLD;
    return undefined;
  }

  /** There is no more. Returns the stretch that is open, up to `end`. */
  finish(end: number): SpeechSpan | undefined {
    const start = this.#start;
    this.#close(end);
    return start === undefined ? undefined : { start, end };
  }

  /** Where the open stretch is said to begin; undefined in silence. */
  openSince(): number | undefined {
    return this.#told;
  }

  reset(): void {
    this.#close(0);
    this.#position = 0;
  }

  #goOn(start: number, probability: number, { stay, leave, silence }: Bounds): SpeechSpan | undefined {
    if (probability > stay) this.#quietSince = undefined;
    if (probability > leave) return undefined;
    this.#quietSince ??= this.#position;
    if (this.#position - this.#quietSince < silence) return undefined;
    const end = this.#position - silence;
    this.#close(end);
    return { start, end };
  }

  #close(end: number): void {
    this.#start = undefined;
    this.#told = undefined;
    this.#quietSince = undefined;
    this.#entering = 0;
    this.#ended = end;
  }
}
