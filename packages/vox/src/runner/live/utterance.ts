/** One utterance on its way to its final: what was decoded of it so far, and what the client was shown. */
import type { EndReason, FinalTiming, LiveEvent, Segment, Word } from '@vox-speech/contract';
import { shift } from '../decode-window.js';
import { scoresIfAll } from '../scores.js';
import { type Bounds, PER_MS } from './segmenter.js';
import { Stabilizer } from './stabilizer.js';
import { alignedLength, followedBy, type Spoken, spokenIn, textOf } from './words.js';

/**
 * A decode of so much (6 s), made in a pause, stands when more is said: the next ones begin behind it. Where many streams
 * want decodes 3 s must do: little is decoded twice then.
 */
const PIECE = { roomy: 96_000, crowded: 48_000 } as const;
/** Of the pause after it (120 ms) the next decode hears the rest... */
const PAUSE_PART = 1_920;
/** ...if that is not longer than an utterance's own lead (500 ms): of more silence a model invents words. */
const LEAD = 8_000;
/** Without a pause so much (9 s) is decoded all the same... */
const LONG = 144_000;
/** ...and its words stand up to a second before its end, in ms: what comes behind a word helps to hear it. */
const BEHIND_MS = 1_000;
/** The last of these words, of as many ms, are heard again by the next decode: a word at a cut would be lost or doubled. */
const AGAIN_MS = 1_000;
/** What is decoded next begins at least so much later (2 s), or the same would be decoded for ever. */
const ADVANCE = 32_000;
/** Hypotheses in a row that must agree on a word: with two, one word in forty was called stable and wrong. */
const AGREEMENT = 3;
/** Who asks for words sooner than this, in ms, gets them when two agree. */
const SOON_MS = 480;
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
  readonly #stabilizer: Stabilizer;
  #firstPartialAt: number | undefined;
  /** Words of the pieces that stand; they are the first of the stable ones. */
  #standing = 0;
  /** The last so many of them are at the beginning of what is still decoded. */
  #again = 0;
  /** End of the speech before the last pause that would have ended another utterance. */
  #settled: number | undefined;
  /** Of the pieces that stand, as long as each ended in a pause. */
  #said: readonly Segment[] = [];
  /** A decode of all from `from` on, as it was when the last speech ended at `until`. */
  #whole: (Decoded & { readonly until: number; readonly stands: boolean }) | undefined;

  /**
   * @param arrivedAt wall clock in ms: when its first audio came in
   * @param stableMs see LiveOptions
   */
  constructor(number: number, bounds: Bounds, arrivedAt: number, stableMs: number | undefined) {
    this.number = number;
    this.#from = bounds.from;
    this.since = bounds.since;
    this.decodedTo = bounds.since;
    this.#arrivedAt = arrivedAt;
    this.#stabilizer = new Stabilizer((stableMs ?? SOON_MS) < SOON_MS ? 2 : AGREEMENT, stableMs);
  }

  /** First sample that is still decoded. */
  get from(): number {
    return this.#from;
  }

  /** Position up to which words are stable, so that they can't be another utterance's. */
  get promisedUntil(): number {
    return (this.#stabilizer.stable.at(-1)?.word?.endMs ?? 0) * PER_MS;
  }

  /**
   * Speech goes on up to `until`: what was decoded in the last pause stands, where it is long enough.
   * @param since where it went on, as far as that is known
   */
  goOn(until: number, since = 0): void {
    const whole = this.#whole;
    if (whole === undefined || until <= whole.until || !whole.stands) return;
    this.#standing = this.#stabilizer.freeze(this.#joined(whole.segments));
    this.#said = [...this.#said, ...whole.segments];
    this.#again = 0;
    this.#from = Math.max(whole.until + PAUSE_PART, since - LEAD);
    this.#whole = undefined;
  }

  /** The pause after `until` is so long that it would end any other utterance: a decode made in it stands, however short. */
  settle(until: number): void {
    this.#settled = until;
    if (this.#whole?.until === until) this.#whole = { ...this.#whole, stands: true };
  }

  /** Whether what is decoded in a pause after `until` will stand when more is said. */
  stands(until: number, crowded: boolean): boolean {
    return until - this.#from >= (crowded ? PIECE.crowded : PIECE.roomy);
  }

  /** Whether it is so long without a pause that a piece must be decoded to stand. */
  tooLong(position: number): boolean {
    return position - this.#from >= LONG;
  }

  /** Lets the words of a decode of [from, end) stand, but for the last ones. Where the model gives no times none do. */
  stand({ segments }: Decoded, end: number): void {
    const spoken = this.#joined(segments);
    const count = endedBy(spoken, end / PER_MS - BEHIND_MS);
    if (count > this.#standing) this.#begin(this.#stabilizer.freeze(spoken.slice(0, count)));
  }

  /** Keeps a decode of all from `from` on, made in a pause after `until`. */
  keep(decoded: Decoded, until: number, stands: boolean): void {
    this.#whole = { ...decoded, until, stands: stands || until === this.#settled };
  }

  /** The decode of all up to `until`, where there is one. */
  whole(until: number): Decoded | undefined {
    return this.#whole?.until === until ? this.#whole : undefined;
  }

  /**
   * One more hypothesis, of the samples from `from` to `end`.
   * @returns the event to send, where there is something new to show
   */
  hear(segments: readonly Segment[], end: number, now: number): LiveEvent | undefined {
    const spoken = this.#joined(segments);
    const sure = endedBy(spoken, end / PER_MS - UNCERTAIN_MS);
    const timed = spoken.some(({ word }) => word !== undefined);
    const certain = timed ? sure : Math.max(0, spoken.length - UNCERTAIN_WORDS);
    const shown = this.#stabilizer.hear(spoken, end / PER_MS, certain);
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
    const spoken = this.#stabilizer.conclude(this.#joined(segments));
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
      ...(words ? { words: this.#words(spoken, end.endMs) } : {}),
      ...scoresIfAll([...this.#said, ...segments], textOf(spoken)),
      ...(language === undefined ? {} : { language }),
      timing,
    };
  }

  /** The first `count` words stand; what is decoded begins with the last of them, which are known again by their text. */
  #begin(count: number): void {
    const words = this.#stabilizer.stable.slice(0, count).map(({ word }) => word);
    const last = words.at(-1);
    if (last === undefined) return;
    const soonest = Math.max(last.endMs - AGAIN_MS, (this.#from + ADVANCE) / PER_MS);
    const first = words.findIndex((word) => word !== undefined && word.startMs >= soonest);
    this.#standing = count;
    this.#again = first < 0 ? 0 : count - first;
    this.#from = Math.round((words[first]?.startMs ?? last.endMs) * PER_MS);
    this.#whole = undefined;
  }

  /** With times within the utterance: a model may begin its first word with the silence before it. */
  #words(spoken: readonly Spoken[], endMs: number): Word[] {
    const within = (ms: number): number => Math.min(endMs, Math.max(Math.round(this.since / PER_MS), ms));
    return spoken.flatMap(({ word }) =>
      word === undefined ? [] : { ...word, startMs: within(word.startMs), endMs: within(word.endMs) },
    );
  }

  /** A decode from `from` on, behind the words that stand. */
  #joined(segments: readonly Segment[]): readonly Spoken[] {
    const spoken = spokenIn(segments.map((segment) => shift(segment, this.#from / PER_MS)));
    const standing = this.#stabilizer.stable.slice(0, this.#standing);
    const again = standing.slice(standing.length - this.#again);
    return followedBy(standing, spoken.slice(alignedLength(again, spoken)));
  }
}

/** How many of the words, from the first one on, have ended by `ms`. */
function endedBy(words: readonly Spoken[], ms: number): number {
  return words.findLastIndex(({ word }) => word !== undefined && word.endMs <= ms) + 1;
}
