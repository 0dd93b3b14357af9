/**
 * A live stream on a streaming model. The model hears everything, in steps that it shares with all other streams, and
 * says itself when an utterance is over; a commit, a limit or a client that fell silent ends one too.
 */
import type { EndReason, FinalTiming, LiveOptions, Segment, TranscriptionStream } from '@vox-speech/contract';
import { shift } from '../decode-window.js';
import { scoresIfAll } from '../scores.js';
import { Arrivals } from './arrivals.js';
import { LevelEnds } from './level-ends.js';
import { PER_MS } from './segmenter.js';
import { Stabilizer } from './stabilizer.js';
import type { LiveStream, StreamContext } from './stream.js';
import { spokenIn, textOf } from './words.js';

/** Samples that the model may be behind by (1 s); then no more is taken, and the client's queue fills. */
const MAX_BEHIND = 16_000;
/** Hypotheses in a row that must agree on a word. */
const AGREEMENT = 2;
/** Words at the end of a hypothesis that more audio may still change. */
const UNCERTAIN_WORDS = 1;

/** The utterance that is being said. */
interface Open {
  readonly number: number;
  readonly startMs: number;
  readonly stabilizer: Stabilizer;
  /** Wall clock in ms: when its first audio came in. */
  readonly arrivedAt: number;
  /** What the model ended by itself while only the client may end an utterance. */
  readonly said: Segment[];
  firstPartialAt?: number;
}

/** Who steps the model for all of its streams. */
export interface Steps {
  /** The stream has something to hear. */
  wants(stream: BatchedStream): void;
  /** It is gone. */
  forget(stream: BatchedStream): void;
  /** It was given so many samples. */
  heard(samples: number): void;
}

export class BatchedStream implements LiveStream {
  /** Set while it waits for a step, by whom it waits for. */
  waits = false;
  readonly #context: StreamContext;
  readonly #steps: Steps;
  readonly #options: LiveOptions;
  readonly #openNative: () => TranscriptionStream;
  readonly #arrivals = new Arrivals();
  readonly #ends: LevelEnds | undefined;
  /** Ms after which an utterance is ended here; a model that ends it then by itself knows better where it began. */
  readonly #longestMs: number;
  #native: TranscriptionStream;
  /** Position of the first sample that the native stream heard, and one past the last. */
  #base = 0;
  #position = 0;
  /** Samples pushed since the last step. */
  #behind = 0;
  #open: Open | undefined;
  #count = 0;
  /** The end that the native stream was told, until its last words are said. */
  #ending: { readonly reason: EndReason; readonly at: number } | undefined;
  #finishing = false;
  #arrivedAt = 0;
  #lastPartialAt = Number.NEGATIVE_INFINITY;
  /** Ms where the last utterance ended. */
  #freeMs = 0;

  /** @param modelsLongestMs `ModelInfo.longestUtteranceMs` */
  constructor(
    context: StreamContext,
    openNative: () => TranscriptionStream,
    steps: Steps,
    modelsLongestMs = Number.POSITIVE_INFINITY,
  ) {
    this.#context = context;
    this.#steps = steps;
    this.#options = context.options;
    this.#openNative = openNative;
    this.#native = openNative();
    const { endpointing } = context.options;
    if (endpointing.detector === 'energy') this.#ends = new LevelEnds(endpointing);
    const { detector, maxUtteranceMs } = endpointing;
    this.#longestMs =
      detector !== 'manual' && modelsLongestMs <= maxUtteranceMs ? Number.POSITIVE_INFINITY : maxUtteranceMs;
  }

  get hungry(): boolean {
    return this.#ending === undefined && this.#behind < MAX_BEHIND;
  }

  get settled(): boolean {
    return this.#ending === undefined && !this.ready;
  }

  /** Whether a step of the model would do something. */
  get ready(): boolean {
    return this.#native.ready();
  }

  /** For `step`. */
  get native(): TranscriptionStream {
    return this.#native;
  }

  push(samples: Float32Array, arrivedAt: number): void {
    this.#arrivedAt = arrivedAt;
    this.#position += samples.length;
    this.#behind += samples.length;
    this.#arrivals.heard(this.#position, arrivedAt, this.#context.now());
    this.#native.push(samples);
    this.#steps.heard(samples.length);
    if (this.#ends?.hear(samples) === true) this.#end('silence', arrivedAt);
  }

  skip(samples: number): void {
    // Nothing is known of what was dropped: the model hears no seam, but a new beginning.
    this.#base += samples;
    this.#position += samples;
  }

  commit(arrivedAt: number): void {
    this.#end('commit', arrivedAt);
  }

  finish(arrivedAt: number): void {
    this.#finishing = true;
    this.#end('end', arrivedAt);
  }

  cancel(): void {
    this.#steps.forget(this);
    this.#native.close();
  }

  tick(): boolean {
    const { detector, patient, silenceMs } = this.#options.endpointing;
    const now = this.#context.now();
    if (this.#open !== undefined && this.#ending === undefined && !this.ready) {
      const waits = detector === 'manual' || patient === true;
      if (!waits && this.#arrivals.stalledMs(now) >= silenceMs) this.#end('silence', now);
      else if (this.#position / PER_MS - this.#open.startMs >= this.#longestMs) this.#end('length', now);
    }
    this.collect();
    if (this.ready) this.#steps.wants(this);
    return this.#open !== undefined || this.#ending !== undefined || this.ready;
  }

  /** What the model has to say, after a step. */
  collect(): void {
    this.#behind = this.ready ? this.#behind : 0;
    for (const part of this.#native.poll()) {
      const segment = part.segment === undefined ? undefined : shift(part.segment, this.#base / PER_MS);
      if (part.type === 'transcript-final') this.#said(part.text, segment, part.cut === true);
      else this.#partial(part.text, segment);
    }
    if (this.#ending !== undefined && !this.ready) this.#ended(this.#ending);
  }

  #end(reason: EndReason, at: number): void {
    if (this.#ending !== undefined) return;
    this.#ending = { reason, at };
    this.#native.finish();
  }

  /** The native stream has said its last word. */
  #ended({ reason, at }: { readonly reason: EndReason; readonly at: number }): void {
    this.#ending = undefined;
    this.#native.close();
    // Of an utterance that was open its final, of a commit one in any case.
    if (this.#open !== undefined || reason === 'commit') this.#final(this.#open ?? this.#begin(), reason, at);
    if (this.#finishing) {
      const audioMs = Math.round(this.#position / PER_MS);
      this.#context.end({ audioMs, utterances: this.#count });
      return;
    }
    this.#base = this.#position;
    this.#native = this.#openNative();
  }

  #begin(startMs = Math.max(this.#freeMs, this.#base / PER_MS)): Open {
    this.#count++;
    const at = Math.round(startMs);
    this.#open = {
      number: this.#count,
      startMs: at,
      stabilizer: new Stabilizer(AGREEMENT, this.#options.stableMs),
      arrivedAt: this.#arrivals.of(at * PER_MS),
      said: [],
    };
    return this.#open;
  }

  #speaking(segment: Segment | undefined): Open {
    if (this.#open !== undefined) return this.#open;
    const open = this.#begin(segment?.startMs);
    this.#lastPartialAt = Number.NEGATIVE_INFINITY;
    this.#context.emit({ type: 'speech-started', utterance: open.number, atMs: open.startMs });
    return open;
  }

  #partial(text: string, segment: Segment | undefined): void {
    if (text.trim() === '') return;
    const open = this.#speaking(segment);
    const { partialMs } = this.#options;
    const now = this.#context.now();
    if (partialMs === undefined || now - this.#lastPartialAt < partialMs) return;
    this.#lastPartialAt = now;
    const spoken = spokenIn([...open.said, { text, startMs: open.startMs, endMs: open.startMs }]);
    // What came in since is not in it.
    const endMs = Math.round((this.#position - this.#behind) / PER_MS);
    const shown = open.stabilizer.hear(spoken, endMs, Math.max(0, spoken.length - UNCERTAIN_WORDS));
    if (shown === undefined) return;
    open.firstPartialAt ??= now;
    this.#context.emit({ type: 'partial', utterance: open.number, ...shown, startMs: open.startMs, endMs });
  }

  /** The model has ended a piece by itself. */
  #said(text: string, segment: Segment | undefined, cut: boolean): void {
    if (text.trim() === '') return;
    const open = this.#speaking(segment);
    const endMs = Math.round(this.#position / PER_MS);
    open.said.push(segment ?? { text, startMs: open.startMs, endMs });
    if (this.#ending === undefined && this.#options.endpointing.detector !== 'manual')
      this.#final(open, cut ? 'length' : 'silence', this.#arrivedAt);
  }

  #final(open: Open, reason: EndReason, decidedAt: number): void {
    this.#open = undefined;
    const now = this.#context.now();
    const { said, stabilizer, arrivedAt, firstPartialAt, number, startMs } = open;
    const endMs = Math.round(said.at(-1)?.endMs ?? this.#position / PER_MS);
    this.#freeMs = endMs;
    if (said.length > 0)
      this.#context.emit({ type: 'speech-stopped', utterance: number, atMs: endMs, reason });
    const own = spokenIn(said);
    const kept = stabilizer.conclude(own);
    // What was promised is kept; where the model says the same, its words have their times.
    const spoken = textOf(kept) === textOf(own) ? own : kept;
    const timing: FinalTiming = {
      ...(firstPartialAt === undefined ? {} : { firstPartialMs: Math.round(firstPartialAt - arrivedAt) }),
      endpointToFinalMs: Math.round(now - decidedAt),
      sinceFirstAudioMs: Math.round(now - arrivedAt),
      decodeMs: 0,
      revisedShare: stabilizer.revisedShare,
    };
    const language = said.find((segment) => segment.language !== undefined)?.language;
    this.#context.emit({
      type: 'final',
      utterance: number,
      text: textOf(spoken),
      startMs,
      endMs,
      reason,
      ...(this.#options.words ? { words: spoken.flatMap(({ word }) => word ?? []) } : {}),
      ...scoresIfAll(said, textOf(spoken)),
      ...(language === undefined ? {} : { language }),
      timing,
    });
  }
}
