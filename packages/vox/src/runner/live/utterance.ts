/** One utterance on its way to its final: what was decoded of it so far, and what the client was shown. */
import type { EndReason, FinalTiming, LiveEvent, Segment } from '@vox-speech/contract';
import { shift } from '../decode-window.js';
import { type Bounds, PER_MS } from './segmenter.js';
import { Stabilizer } from './stabilizer.js';
import { spokenIn } from './words.js';

/** A longer utterance is decoded for partials only from a stable word on, in samples (10 s)... */
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
  /** First sample that is decoded. */
  readonly from: number;
  /** First sample of speech. */
  readonly since: number;
  /** Position up to which it was decoded for partials. */
  decodedTo: number;
  readonly #arrivedAt: number;
  readonly #stabilizer = new Stabilizer();
  #firstPartialAt: number | undefined;
  /** A decode of the whole as it was when its last speech ended at `until`. */
  #whole: (Decoded & { readonly until: number }) | undefined;

  /** @param arrivedAt wall clock in ms: when its first audio came in */
  constructor(number: number, bounds: Bounds, arrivedAt: number) {
    this.number = number;
    this.from = bounds.from;
    this.since = bounds.since;
    this.decodedTo = bounds.since;
    this.#arrivedAt = arrivedAt;
  }

  /** Keeps a decode of the whole, made in a pause after `until`. */
  keep(decoded: Decoded, until: number): void {
    this.#whole = { ...decoded, until };
  }

  /** The decode of the whole up to `until`, where there is one. */
  whole(until: number): Decoded | undefined {
    return this.#whole?.until === until ? this.#whole : undefined;
  }

  /** First sample to decode for a partial up to `end`. */
  partialFrom(end: number): number {
    if (end - this.from <= LONG) return this.from;
    const latest = (end - CONTEXT) / PER_MS;
    const start = this.#stabilizer.stable.findLast(
      ({ startMs }) => startMs !== undefined && startMs <= latest,
    )?.startMs;
    return start === undefined ? this.from : Math.max(this.from, Math.round(start * PER_MS));
  }

  /**
   * One more hypothesis, of the samples [from, end).
   * @returns the event to send, where there is something new to show
   */
  hear(segments: readonly Segment[], from: number, end: number, now: number): LiveEvent | undefined {
    const spoken = spokenIn(segments.map((segment) => shift(segment, from / PER_MS)));
    const before = from === this.from ? [] : this.#stabilizer.stable.filter(startsBefore(from / PER_MS));
    const sure = spoken.findLastIndex(({ endMs }) => endMs !== undefined && endMs <= end / PER_MS - UNCERTAIN_MS);
    const timed = spoken.some(({ endMs }) => endMs !== undefined);
    const certain = timed ? sure + 1 : Math.max(0, spoken.length - UNCERTAIN_WORDS);
    const first = spoken[0];
    const joined =
      before.length === 0 || first === undefined
        ? spoken
        : [...before, { ...first, raw: ` ${first.raw.trimStart()}` }, ...spoken.slice(1)];
    const shown = this.#stabilizer.hear(joined, before.length + certain);
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
    const moved = segments.map((segment) => shift(segment, this.from / PER_MS));
    const timing: FinalTiming = {
      ...(this.#firstPartialAt === undefined
        ? {}
        : { firstPartialMs: Math.round(this.#firstPartialAt - this.#arrivedAt) }),
      endpointToFinalMs: Math.round(now - end.decidedAt),
      sinceFirstAudioMs: Math.round(now - this.#arrivedAt),
      decodeMs: Math.round(decodeMs),
      revisedShare: this.#stabilizer.revisedShare(spokenIn(moved)),
    };
    const language = segments.find((segment) => segment.language !== undefined)?.language;
    return {
      type: 'final',
      utterance: this.number,
      text: moved.map(({ text }) => text.trim()).join(' '),
      startMs: Math.round(this.since / PER_MS),
      endMs: end.endMs,
      reason: end.reason,
      ...(words ? { words: moved.flatMap((segment) => segment.words ?? []) } : {}),
      ...(language === undefined ? {} : { language }),
      timing,
    };
  }
}

const startsBefore =
  (ms: number) =>
  ({ startMs }: { readonly startMs?: number }): boolean =>
    startMs !== undefined && startMs < ms;
