/**
 * Utterances in a stream: when one begins and ends, by the rules of the endpointing options. It works in frames of 20 ms
 * whatever the size of the packets, so the same audio always gives the same utterances.
 */
import type { Endpointing, EndReason, HeardAhead } from '@vox-speech/contract';
import { FRAME, quietestPoint } from '../energy.js';
import type { SampleBuffer } from '../sample-buffer.js';
import type { Endpointer } from './endpointer.js';

/** Samples at 16 kHz in a millisecond. */
export const PER_MS = 16;
/** An utterance that has become too long is cut in a pause of its last 3 s, of at least 120 ms where there is one. */
const CUT_REACH = 48_000;
const CUT_FRAMES = 6;

/** Samples after which the beginning of speech is noticed at the latest (the neural detector takes 164 ms of speech): 400 ms. */
const NOTICE = 6_400;

/** Positions are samples at 16 kHz since the stream began. */
export interface Bounds {
  /** First sample that is decoded, with the pre-roll. */
  readonly from: number;
  /** First sample of speech. */
  readonly since: number;
}

export interface SegmenterListener {
  started(bounds: Bounds): void;
  /** The open utterance may not be cut before this position: what was said up to there is promised. */
  promisedUntil(): number;
  /** @param until one past the last sample of speech */
  stopped(until: number, reason: EndReason): void;
}

export class Segmenter {
  readonly #rules: Endpointing;
  readonly #endpointer: Endpointer;
  readonly #audio: SampleBuffer;
  readonly #listener: SegmenterListener;
  readonly #maximum: number;
  /** Position up to which frames were heard. */
  #position = 0;
  #open: Bounds | undefined;
  /** Position where the last utterance ended: the next pre-roll does not reach behind it. */
  #free = 0;
  /** One past the last sample of speech of the open utterance. */
  #until = 0;

  /**
   * @param audio holds what was pushed; it is told to forget what no utterance needs any more
   * @param windowMs longest audio that the model hears at once, in ms
   */
  constructor(
    rules: Endpointing,
    endpointer: Endpointer,
    audio: SampleBuffer,
    windowMs: number,
    listener: SegmenterListener,
  ) {
    this.#rules = rules;
    this.#endpointer = endpointer;
    this.#audio = audio;
    this.#listener = listener;
    this.#maximum = Math.max(CUT_REACH, Math.min(rules.maxUtteranceMs, windowMs - rules.preRollMs) * PER_MS);
  }

  /** The utterance that is open. */
  get open(): Bounds | undefined {
    return this.#open;
  }

  /** One past the last sample of speech of the open utterance. */
  get until(): number {
    return this.#until;
  }

  /** Position up to which was heard. */
  get position(): number {
    return this.#position;
  }

  /** Ms of silence at the end of the open utterance, as far as audio came in. */
  get silenceMs(): number {
    return (this.#position - this.#until) / PER_MS;
  }

  /** First sample of the stretch of speech that goes on; undefined in silence. */
  get since(): number | undefined {
    return this.#endpointer.since;
  }

  /** Of what `advance` hears next, what a detector may hear together with others; see `Endpointer.ahead`. */
  ahead(): HeardAhead | undefined {
    const frames = Math.floor((this.#audio.end - this.#position) / FRAME);
    if (frames <= 0) return undefined;
    return this.#endpointer.ahead?.(this.#audio.view(this.#position, this.#position + frames * FRAME));
  }

  /** Hears the whole frames that are in the buffer. */
  advance(): void {
    while (this.#position + FRAME <= this.#audio.end) {
      const at = this.#position;
      this.#endpointer.hear(this.#audio.view(at, at + FRAME), at);
      this.#position += FRAME;
      if (this.#open === undefined) this.#begin(this.#rules.minSpeechMs);
      else this.#go(this.#open);
    }
    // Not each time: what stays is moved.
    const kept = this.#keptFrom();
    if (this.#open === undefined && kept - this.#audio.start >= NOTICE) this.#audio.dropBefore(kept);
  }

  /** Ends the open utterance here. Speech that is too short to count yet counts now. False when there is none. */
  end(reason: EndReason): boolean {
    if (this.#open === undefined) this.#begin(0);
    if (this.#open === undefined) return false;
    const { since, last = 0 } = this.#endpointer;
    // What is left of a frame belongs to it.
    const until = since === undefined ? Math.max(this.#until, last) : this.#audio.end;
    this.#close(reason === 'silence' ? this.#until : until, this.#audio.end, reason);
    this.#endpointer.reset();
    return true;
  }

  /** Nothing was heard up to `position`, and what was before is over. */
  jump(position: number): void {
    this.#endpointer.reset();
    this.#position = position;
    this.#free = position;
  }

  #begin(minSpeechMs: number): void {
    const { since, until } = this.#endpointer;
    if (since === undefined || until <= this.#free) return;
    const speech = Math.max(since, this.#free);
    if (until - speech < minSpeechMs * PER_MS) return;
    this.#start(
      speech,
      Math.max(this.#free, speech - this.#rules.preRollMs * PER_MS, this.#audio.start),
      until,
    );
  }

  #start(since: number, from: number, until: number): void {
    this.#open = { from, since };
    this.#until = until;
    this.#listener.started(this.#open);
  }

  #go(open: Bounds): void {
    const { since, until: heard } = this.#endpointer;
    this.#until = since === undefined ? Math.max(open.since, heard) : Math.max(this.#until, heard);
    const manual = this.#rules.detector === 'manual';
    if (!manual && this.silenceMs >= this.#rules.silenceMs) {
      // The beginning of the next word may lie in this silence, not noticed yet.
      this.#close(this.#until, this.#until, 'silence');
      return;
    }
    if (this.#position - open.since < this.#maximum) return;
    if (this.#until < this.#position - CUT_REACH) {
      this.#close(this.#until, this.#position, 'length');
      this.#endpointer.reset();
      return;
    }
    // Someone speaks on and on: the next utterance begins where this one is cut.
    const begin = Math.max(
      this.#position - CUT_REACH,
      Math.min(this.#listener.promisedUntil(), this.#position),
    );
    const cut = begin + quietestPoint(this.#audio.view(begin, this.#position), CUT_FRAMES);
    const until = this.#until;
    this.#close(Math.min(cut, until), cut, 'length');
    if (until > cut) this.#start(cut, cut, until);
  }

  #close(until: number, free: number, reason: EndReason): void {
    this.#until = until;
    this.#listener.stopped(until, reason);
    this.#open = undefined;
    this.#free = free;
  }

  /** What may still be asked for: the pre-roll of speech that is only now noticed. */
  #keptFrom(): number {
    const speech = this.#endpointer.since ?? this.#position - NOTICE;
    return Math.max(this.#free, Math.min(speech, this.#position - NOTICE) - this.#rules.preRollMs * PER_MS);
  }
}
