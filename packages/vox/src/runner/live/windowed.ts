/**
 * A live stream on an offline model. Speech opens an utterance; while it grows it is decoded again and again for partials;
 * in a pause it is decoded whole, and when the pause turns out to be the end, that decode is the final already.
 */
import type { EndReason, HeardAhead, LiveOptions, ModelInfo, TranscribeOptions } from '@vox-speech/contract';
import { biasFor } from '../bias.js';
import type { Endpointer } from './endpointer.js';
import { Hearing } from './hearing.js';
import { PauseFinder } from './pause-finder.js';
import { type Bounds, PER_MS } from './segmenter.js';
import type { LiveStream, StreamContext } from './stream.js';
import { type Decoded, type End, Utterance } from './utterance.js';

/** Utterances that may wait for their finals; then no more audio is taken. */
const MAX_WAITING = 3;
/** Sound behind the last speech that is decoded too, in samples (500 ms): a model hears the end by the silence after it. */
const TAIL = 8_000;
/** Ms of silence after which the whole is decoded in advance; half of what ends an utterance where that is less. */
const AHEAD_MS = 240;
/** Ms of speech before the first partial: of less, a model mostly invents. */
const FIRST_PARTIAL_MS = 600;
/**
 * Ms of new audio that are worth another partial. Words are promised when a few partials agree; of partials that heard nearly
 * the same that says little: of 176 words of jfk.wav two were wrong with 240 ms, of 220 none with 480.
 */
const NEW_AUDIO_MS = 480;
/** Ms of silence from which on a decode of the whole is nearer than a partial; so much of it makes a partial one. */
const PAUSE_MS = 120;
/**
 * Ms of quiet in which no partial begins: it may be a pause that the detector has yet to notice (it takes 180 ms), and the
 * decode of the whole would have to wait for the partial. A partial that begins after them is the whole, if it is one.
 */
const DIP_MS = { from: 40, to: PAUSE_MS + 20 } as const;
/** Characters of what was said before that a model is told, where it can be. */
const PROMPT_LENGTH = 200;
/**
 * Only a whole sentence is told: a model goes on with half of one rather than with what it hears ("my fellow Americans, is not" for
 * "ask not": Whisper base, four of six times).
 */
const WHOLE_SENTENCE = /[.!?…。！？][\p{Pf}\p{Pe}"']*$/u;

/** How samples become text, and when: one for all streams of a model. */
export interface WindowDecoder {
  /** So many streams that decodes should cost little. */
  readonly crowded: boolean;
  /** The utterance as a whole. Rejects with `cancelled` at the signal. */
  final(samples: Float32Array, options: TranscribeOptions, signal: AbortSignal): Promise<Decoded>;
  /** What nobody waits for yet, and must be done soon: a part of a long utterance, or the whole in a pause. */
  piece(samples: Float32Array, options: TranscribeOptions, signal: AbortSignal): Promise<Decoded>;
  /** A piece of this signal that still waits for its turn is waited for now, as a final is. */
  hasten(signal: AbortSignal): void;
  /** A growing utterance; no segments where the model went astray. Only to be called from `partial`. */
  growing(samples: Float32Array, options: TranscribeOptions, signal: AbortSignal): Promise<Decoded>;
  /** Asks for a call of `partial` when there is time. */
  wish(stream: { readonly first: boolean; partial(): Promise<void> }): void;
  /** A stream has begun or ended. */
  streams: number;
}

/** An utterance that is over and has no final yet. */
interface Ended extends End {
  readonly utterance: Utterance;
  /** One past its last sample of speech. */
  readonly until: number;
  /** What is still to be decoded of it; empty where there is nothing to hear. */
  readonly samples: Float32Array;
}

const NOTHING: Decoded = { segments: [], decodeMs: 0 };

export class WindowedStream implements LiveStream {
  readonly #context: StreamContext;
  readonly #options: LiveOptions;
  readonly #decoder: WindowDecoder;
  readonly #words: boolean;
  readonly #model: Pick<ModelInfo, 'canPrompt' | 'canBias' | 'promptCharacters'>;
  readonly #hearing: Hearing;
  readonly #level = new PauseFinder();
  readonly #abort = new AbortController();
  readonly #ended: Ended[] = [];
  /** The utterance that is being spoken. */
  #open: Utterance | undefined;
  #count = 0;
  #decoding = false;
  #finishing = false;
  #lastPartialAt = Number.NEGATIVE_INFINITY;
  #lastText = '';

  constructor(
    context: StreamContext,
    endpointer: Endpointer,
    decoder: WindowDecoder,
    model: Pick<ModelInfo, 'canTimeWords' | 'canPrompt' | 'canBias' | 'promptCharacters'> & {
      readonly windowMs: number;
    },
  ) {
    this.#context = context;
    this.#options = context.options;
    this.#decoder = decoder;
    decoder.streams++;
    this.#words = model.canTimeWords;
    this.#model = model;
    this.#hearing = new Hearing(context, endpointer, model.windowMs, {
      started: (bounds) => this.#started(bounds),
      promisedUntil: () => this.#open?.promisedUntil ?? 0,
      stopped: (until, reason) => this.#stopped(until, reason),
    });
  }

  get hungry(): boolean {
    return this.#hearing.hungry && this.#ended.length < MAX_WAITING;
  }

  get settled(): boolean {
    return this.#ended.length === 0;
  }

  push(samples: Float32Array, arrivedAt: number): void {
    this.#level.hear(samples);
    this.#hearing.push(samples, arrivedAt);
  }

  skip(samples: number): void {
    this.#hearing.skip(samples);
  }

  commit(arrivedAt: number): void {
    if (!this.#hearing.end('commit', arrivedAt)) this.#nothing(arrivedAt);
    this.#finals();
  }

  finish(arrivedAt: number): void {
    this.#hearing.end('end', arrivedAt);
    this.#finishing = true;
    this.#finals();
  }

  cancel(): void {
    if (this.#abort.signal.aborted) return;
    this.#decoder.streams--;
    this.#abort.abort();
    this.#ended.length = 0;
    this.#open = undefined;
    this.#hearing.close();
  }

  ahead(): HeardAhead | undefined {
    return this.#hearing.segmenter.ahead();
  }

  tick(): boolean {
    this.#hearing.advance();
    this.#hearing.tick(this.hungry);
    this.#ahead();
    this.#piece();
    if (this.#wantsPartial(this.#context.now())) this.#decoder.wish(this);
    return this.#open !== undefined || this.#ended.length > 0;
  }

  get first(): boolean {
    return this.#lastPartialAt === Number.NEGATIVE_INFINITY;
  }

  /** Its turn for a partial has come. Resolves when that is over, at once where none is wanted any more. */
  async partial(): Promise<void> {
    const utterance = this.#open;
    const now = this.#context.now();
    if (utterance === undefined || !this.#wantsPartial(now)) return;
    this.#lastPartialAt = now;
    const end = this.#hearing.segmenter.position;
    this.#goOn(utterance);
    utterance.decodedTo = end;
    const samples = this.#hearing.audio.view(utterance.from, end).slice();
    await this.#decode(async () => {
      const decoded = await this.#decoder.growing(samples, this.#transcribe(), this.#abort.signal);
      this.#keepWhole(utterance, decoded, end);
      if (this.#open === utterance) this.#show(utterance, decoded.segments, end);
    });
  }

  /** Has speech ended meanwhile, and the partial heard that? Then it is the decode of the whole. */
  #keepWhole(utterance: Utterance, decoded: Decoded, end: number): void {
    const ended = this.#ended.find((one) => one.utterance === utterance);
    // What was cut for its length goes on.
    if (ended?.reason === 'length' || decoded.segments.length === 0) return;
    const until = ended?.until ?? this.#hearing.segmenter.until;
    if (end - until < PAUSE_MS * PER_MS) return;
    utterance.keep(decoded, until, utterance.stands(until, this.#decoder.crowded));
  }

  /** Where speech goes on behind a pause. */
  #goOn(utterance: Utterance): void {
    const { until, since } = this.#hearing.segmenter;
    utterance.goOn(until, since);
  }

  #started(bounds: Bounds): void {
    this.#count++;
    const arrivedAt = this.#hearing.arrivalOf(bounds.since);
    this.#open = new Utterance(this.#count, bounds, arrivedAt, this.#options.stableMs);
    this.#lastPartialAt = Number.NEGATIVE_INFINITY;
    const atMs = Math.round(bounds.since / PER_MS);
    this.#context.emit({ type: 'speech-started', utterance: this.#count, atMs });
  }

  #stopped(until: number, reason: EndReason): void {
    const utterance = this.#open;
    if (utterance === undefined) return;
    this.#open = undefined;
    utterance.goOn(until);
    const endMs = Math.round(until / PER_MS);
    this.#context.emit({ type: 'speech-stopped', utterance: utterance.number, atMs: endMs, reason });
    // The next utterance may begin right behind a cut.
    const tail = reason === 'length' ? 0 : TAIL;
    const samples = this.#hearing.audio.view(utterance.from, until + tail).slice();
    this.#ended.push({ utterance, until, samples, reason, endMs, decidedAt: this.#hearing.arrivedAt });
    // What was to be decoded in the pause is the final now, or in its way.
    this.#decoder.hasten(this.#abort.signal);
    this.#finals();
  }

  /** A commit has its final also where nothing was heard. */
  #nothing(decidedAt: number): void {
    this.#count++;
    const until = this.#hearing.audio.end;
    const utterance = new Utterance(this.#count, { from: until, since: until }, decidedAt, undefined);
    const endMs = Math.round(until / PER_MS);
    this.#ended.push({ utterance, until, samples: new Float32Array(0), reason: 'commit', endMs, decidedAt });
  }

  #wantsPartial(now: number): boolean {
    const { partialMs } = this.#options;
    if (partialMs === undefined || this.#open === undefined || this.#decoding || this.#ended.length > 0)
      return false;
    const { position, silenceMs } = this.#hearing.segmenter;
    const { quietMs } = this.#level;
    return (
      silenceMs < PAUSE_MS &&
      (quietMs < DIP_MS.from || quietMs >= DIP_MS.to) &&
      position - this.#open.since >= FIRST_PARTIAL_MS * PER_MS &&
      position - this.#open.decodedTo >= NEW_AUDIO_MS * PER_MS &&
      now - this.#lastPartialAt >= partialMs
    );
  }

  /** In a pause: the whole, which is the final already if nothing more is said. */
  #ahead(): void {
    const utterance = this.#open;
    if (utterance === undefined) return;
    const { until, silenceMs, position } = this.#hearing.segmenter;
    // It has not ended the utterance, so only the client may: what is said next is decoded as it is elsewhere.
    if (silenceMs >= this.#options.endpointing.silenceMs) utterance.settle(until);
    if (this.#decoding || this.#ended.length > 0) return;
    this.#goOn(utterance);
    if (utterance.whole(until) !== undefined) return;
    // A long piece stands also when more is said: it is decoded sooner or later, so it has the turn of a final.
    const stands = utterance.stands(until, this.#decoder.crowded);
    const pauseMs = stands ? PAUSE_MS : AHEAD_MS;
    if (silenceMs < Math.min(pauseMs, this.#options.endpointing.silenceMs / 2)) return;
    const end = Math.min(until + TAIL, position);
    const samples = this.#hearing.audio.view(utterance.from, end).slice();
    void this.#decode(async () => {
      const decoded = await this.#decoder.piece(samples, this.#transcribe(), this.#abort.signal);
      utterance.keep(decoded, until, stands);
      utterance.decodedTo = end;
      if (this.#open === utterance && this.#options.partialMs !== undefined)
        this.#show(utterance, decoded.segments, end);
    });
  }

  /** Someone speaks on without a pause: what was said first is decoded to stand, so that the final is not kept waiting. */
  #piece(): void {
    const utterance = this.#open;
    const end = this.#hearing.segmenter.position;
    if (utterance === undefined || this.#decoding || this.#ended.length > 0 || !this.#words) return;
    if (!utterance.tooLong(end)) return;
    utterance.decodedTo = end;
    const samples = this.#hearing.audio.view(utterance.from, end).slice();
    void this.#decode(async () => {
      const decoded = await this.#decoder.piece(samples, this.#transcribe(), this.#abort.signal);
      if (this.#open !== utterance) return;
      if (this.#options.partialMs !== undefined) this.#show(utterance, decoded.segments, end);
      utterance.stand(decoded, end);
    });
  }

  /** Gives the utterances that are over their finals, one after the other. */
  #finals(): void {
    for (let ended = this.#ended[0]; ended !== undefined; ended = this.#ended[0]) {
      if (this.#decoding) return;
      const { utterance, until, samples } = ended;
      const decoded = samples.length === 0 ? NOTHING : utterance.whole(until);
      if (decoded === undefined) {
        void this.#decode(async () => {
          const final = await this.#decoder.final(samples, this.#transcribe(), this.#abort.signal);
          utterance.keep(final, until, false);
        });
        return;
      }
      this.#ended.shift();
      const event = utterance.final(decoded, ended, this.#options.words, this.#context.now());
      if (event.type === 'final' && event.text !== '')
        this.#lastText = WHOLE_SENTENCE.test(event.text) ? event.text : '';
      this.#context.emit(event);
    }
    if (!this.#finishing || this.#decoding) return;
    this.#context.end({ audioMs: Math.round(this.#hearing.audio.end / PER_MS), utterances: this.#count });
  }

  #show(utterance: Utterance, segments: Decoded['segments'], end: number): void {
    const event = utterance.hear(segments, end, this.#context.now());
    if (event !== undefined) this.#context.emit(event);
  }

  /** One decode at a time; a failure is the end of the stream. */
  async #decode(work: () => Promise<void>): Promise<void> {
    this.#decoding = true;
    try {
      await work();
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#context.fail(error);
      return;
    } finally {
      this.#decoding = false;
    }
    if (!this.#abort.signal.aborted) this.#finals();
  }

  #transcribe(): TranscribeOptions {
    const { language, prompt, task, hotwords, scores } = this.#options;
    const { promptCharacters = Number.POSITIVE_INFINITY } = this.#model;
    // What the client said goes before what was heard.
    const said = [prompt ?? '', ...hotwords].reduce((sum, text) => sum + text.length + 2, 0);
    const room = Math.min(PROMPT_LENGTH, promptCharacters - said);
    const last = room > 0 ? this.#lastText.slice(-room) : '';
    const before = [prompt, last].filter(Boolean).join(' ');
    return {
      task,
      words: this.#words,
      ...(language === undefined ? {} : { language }),
      ...(scores === undefined ? {} : { scores }),
      ...biasFor(this.#model, { prompt: before, hotwords }),
    };
  }
}
