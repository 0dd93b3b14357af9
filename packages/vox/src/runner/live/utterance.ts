/** One utterance on its way to its final: what was decoded of it so far, and what the client was shown. */
import type { EndReason, FinalTiming, LiveEvent, Segment } from '@vox-speech/contract';
import { shift } from '../decode-window.js';
import { type Bounds, PER_MS } from './segmenter.js';
import { Stabilizer } from './stabilizer.js';
import { followedBy, type Spoken, spokenIn, textOf } from './words.js';

/** A decode of so much (8 s), made in a pause, stands when more is said: the next ones begin behind it. */
export const PIECE = 128_000;
/** Of the pause after it (120 ms) the next decode hears the rest. */
const PAUSE_PART = 1_920;
/** A longer piece is decoded for partials only from a stable word on, in samples (10 s)... */
const LONG = 160_000;
/** ...that lies this far back (6 s): the model needs what was said before, to hear the next words right. */
const CONTEXT = 96_000;
/** Ms at the end of the audio within which a word may be cut off, and is not yet stable. */
const UNCERTAIN_MS = 300;
/** Words that may be cut off where the model gives no times. */
const UNCERTAIN_WORDS = 2;

export interface Decoded {
  /** Times in ms from the first sample that was decoded. */
  readonly segments: readonly Segment[];
  /** Wall time, ms. */
  readonly decodeMs: number;
}

/** What is known when an utterance is over. */
export interface End {
  readonly reason: EndReason;
  /** On the stream's clock. */
  readonly endMs: number;
  /** Wall clock in ms: when it was decided that it is over. */
  readonly decidedAt: number;
}

export class Utterance {
  readonly number: number;
  /** First sample that is still decoded: moves on with the pieces that stand. */
  #from: number;
  /** First sample of speech. */
  readonly since: number;
  /** Position up to which it was decoded for partials. */
  decodedTo: number;
  readonly #arrivedAt: number;
  readonly #stabilizer = new Stabilizer();
  #firstPartialAt: number | undefined;
  /** Words of the pieces that stand; they are the first of the stable ones. */
  #standing = 0;
  /** A decode of all from `from` on, as it was when its last speech ended at `until`. */
  #whole: (Decoded & { readonly until: number }) | undefined;

  /** @param arrivedAt wall clock in ms: when its first audio came in */
  constructor(number: number, bounds: Bounds, arrivedAt: number) {
    this.number = number;
    this.#from = bounds.from;
    this.since = bounds.since;
    this.decodedTo = bounds.since;
    this.#arrivedAt = arrivedAt;
  }

  get from(): number {
    return this.#from;
  }

  /** Speech goes on up to `until`: what was decoded in the last pause stands, where it is long enough. */
  goOn(until: number): void {
    const whole = this.#whole;
    if (whole === undefined || until <= whole.until || whole.until - this.#from < PIECE) return;
    this.#standing = this.#stabilizer.freeze(this.#joined(whole.segments, this.#from));
    this.#from = whole.until + PAUSE_PART;
    this.#whole = undefined;
  }

  /** Keeps a decode of all from `from` on, made in a pause after `until`. */
  keep(decoded: Decoded, until: number): void {
    this.#whole = { ...decoded, until };
  }

  /** The decode of all up to `until`, where there is one. */
  whole(until: number): Decoded | undefined {
    return this.#whole?.until === until ? this.#whole : undefined;
  }

  /** First sample to decode for a partial up to `end`. */
  partialFrom(end: number): number {
    if (end - this.#from <= LONG) return this.#from;
    const latest = (end - CONTEXT) / PER_MS;
    const start = this.#stabilizer.stable.findLast(({ word }) => word !== undefined && word.startMs <= latest)
      ?.word?.startMs;
    return start === undefined ? this.#from : Math.max(this.#from, Math.round(start * PER_MS));
  }

  /**
   * One more hypothesis, of the samples [from, end).
   * @returns the event to send, where there is something new to show
   */
  hear(segments: readonly Segment[], from: number, end: number, now: number): LiveEvent | undefined {
    const spoken = this.#joined(segments, from);
    const sure = spoken.findLastIndex(({ word }) => word !== undefined && word.endMs <= end / PER_MS - UNCERTAIN_MS);
    const timed = spoken.some(({ word }) => word !== undefined);
    const shown = this.#stabilizer.hear(spoken, timed ? sure + 1 : Math.max(0, spoken.length - UNCERTAIN_WORDS));
    if (shown === undefined) return undefined;
    this.#firstPartialAt ??= now;
    const ms = (position: number): number => Math.round(position / PER_MS);
    return { type: 'partial', utterance: this.number, ...shown, startMs: ms(this.since), endMs: ms(end) };
  }

  /**
   * Its last word.
   * @param words whether the client wants them
   */
  final({ segments, decodeMs }: Decoded, end: End, words: boolean, now: number): LiveEvent {
    const spoken = this.#stabilizer.conclude(this.#joined(segments, this.#from));
    const timing: FinalTiming = {
      ...(this.#firstPartialAt === undefined
        ? {}
        : { firstPartialMs: Math.round(this.#firstPartialAt - this.#arrivedAt) }),
      endpointToFinalMs: Math.round(now - end.decidedAt),
      sinceFirstAudioMs: Math.round(now - this.#arrivedAt),
      decodeMs: Math.round(decodeMs),
      revisedShare: this.#stabilizer.revisedShare,
    };
    const language = segments.find((segment) => segment.language !== undefined)?.language;
    return {
      type: 'final',
      utterance: this.number,
      text: textOf(spoken),
      startMs: Math.round(this.since / PER_MS),
      endMs: end.endMs,
      reason: end.reason,
      ...(words ? { words: spoken.flatMap(({ word }) => word ?? []) } : {}),
      ...(language === undefined ? {} : { language }),
      timing,
    };
  }

  /** A decode from `from` on, behind the words that are known from before. */
  #joined(segments: readonly Segment[], from: number): readonly Spoken[] {
    const { stable } = this.#stabilizer;
    const ms = from / PER_MS;
    const known =
      from === this.#from
        ? this.#standing
        : stable.findLastIndex(({ word }) => word !== undefined && word.startMs < ms) + 1;
    return followedBy(stable.slice(0, known), spokenIn(segments.map((segment) => shift(segment, ms))));
  }
}
