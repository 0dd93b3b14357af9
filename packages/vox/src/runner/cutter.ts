/**
 * Cuts a stream into windows that a recogniser can take, at silence.
 *
 * Stretches of speech are gathered until they pass the window; then the cut is made in the longest silence of the
 * window's later part, or, where somebody talks without a breath, at the quietest 20 ms near its end. Windows never
 * overlap, so no word is heard twice; a silence that is not long is kept whole and shared between its neighbours, so a
 * quiet word which the detector missed is not lost. Long silence is in no window.
 */
import type { SpeechSpan } from '@vox-speech/contract';
import { quietestPoint } from './energy.js';
import { SampleBuffer } from './sample-buffer.js';

export interface CutterOptions {
  /** Samples: no window is longer. */
  readonly window: number;
  /** Samples that are kept before speech, where there are any. */
  readonly prefix: number;
  /** Samples that are kept after speech, where there are any. */
  readonly padding: number;
  /** Samples: a silence longer than this ends the window. At least `padding`. */
  readonly longSilence: number;
  /** Samples by which a detector may report the start of speech late. */
  readonly lookBack: number;
}

export interface Window {
  /** Position of the first sample in the stream. */
  readonly start: number;
  readonly samples: Float32Array;
  /** Speech inside, in samples of the stream. */
  readonly spans: readonly SpeechSpan[];
}

/** Where the later part of a window begins, as a share of it. */
const LATER_PART = 0.5;
/** Where a cut without any silence may fall. */
const FORCED_PART = 0.75;
/** A silence counts no more than this for its length, in samples: a sentence ends in half a second. */
const LENGTH_CAP = 8_000;
/** What a cut at the very end is better by than one at the beginning, in samples of silence. */
const LATENESS = 4_000;

export class Cutter {
  readonly #options: CutterOptions;
  readonly #buffer = new SampleBuffer();
  /** Stretches that have ended and are in no window yet. */
  #group: SpeechSpan[] = [];
  /** What lies before is in a window, or was skipped. */
  #floor = 0;
  /** Where the stretch began that is still open. */
  #openFrom: number | undefined;

  constructor(options: CutterOptions) {
    this.#options = options;
  }

  /**
   * @param samples the next of the stream
   * @param spans stretches of speech that ended with them, in order
   * @param openSince first sample of the stretch that is open after them
   * @returns windows that are complete
   */
  push(samples: Float32Array, spans: readonly SpeechSpan[], openSince: number | undefined): Window[] {
    this.#buffer.push(samples);
    const windows: Window[] = [];
    for (const span of spans) this.#add(span, windows);
    this.#openFrom = openSince === undefined ? undefined : Math.max(openSince, this.#floor);
    const { longSilence, lookBack } = this.#options;
    const last = this.#group.at(-1);
    const silence = (this.#openFrom ?? this.#buffer.end - lookBack) - (last?.end ?? this.#buffer.end);
    if (last && silence > longSilence) this.#emit(windows);
    this.#cutWhileTooLong(windows, openSince === undefined ? undefined : this.#buffer.end);
    this.#forget();
    return windows;
  }

  /**
   * The stream is over.
   * @param spans stretches that were still open
   */
  finish(spans: readonly SpeechSpan[]): Window[] {
    const windows: Window[] = [];
    for (const span of spans) this.#add(span, windows);
    this.#openFrom = undefined;
    this.#emit(windows);
    return windows;
  }

  #add(span: SpeechSpan, windows: Window[]): void {
    const start = Math.max(span.start, this.#floor);
    const end = Math.min(span.end, this.#buffer.end);
    if (end <= start) return;
    const last = this.#group.at(-1);
    if (last && start - last.end > this.#options.longSilence) this.#emit(windows);
    this.#group.push({ start, end });
    this.#cutWhileTooLong(windows, undefined);
  }

  /** Where the window of the group begins. */
  #groupStart(first: number): number {
    return Math.max(this.#floor, this.#buffer.start, first - this.#options.prefix);
  }

  /** @param openEnd how far a stretch that is still open has come */
  #cutWhileTooLong(windows: Window[], openEnd: number | undefined): void {
    for (;;) {
      const first = this.#group[0]?.start ?? (openEnd === undefined ? undefined : this.#openFrom);
      const last = openEnd ?? this.#group.at(-1)?.end;
      if (first === undefined || last === undefined) return;
      const start = this.#groupStart(first);
      if (last - start <= this.#options.window) return;
      const cut = this.#cutPoint(start, last);
      this.#take(start, cut, windows);
    }
  }

  /** The best place to end the window that begins at `start`; speech goes on to `end`, beyond the window. */
  #cutPoint(start: number, end: number): number {
    const limit = start + this.#options.window;
    let best: SpeechSpan | undefined;
    let bestScore = Number.NEGATIVE_INFINITY;
    this.#group.forEach((span, index) => {
      const from = span.end;
      const to = Math.min(this.#group[index + 1]?.start ?? this.#openFrom ?? end, limit);
      if (to <= from || from >= limit) return;
      const place = (from - start) / this.#options.window;
      // A cut in the first part is better than one in a word, no more.
      const early = place < LATER_PART ? 2 * LENGTH_CAP : 0;
      const score = Math.min(to - from, LENGTH_CAP) + place * LATENESS - early;
      if (score > bestScore) {
        best = { start: from, end: to };
        bestScore = score;
      }
    });
    const range = best ?? { start: start + Math.floor(this.#options.window * FORCED_PART), end: limit };
    return range.start + Math.floor(quietestPoint(this.#buffer.view(range.start, range.end), 1));
  }

  /** All that is gathered as windows. */
  #emit(windows: Window[]): void {
    this.#cutWhileTooLong(windows, undefined);
    const first = this.#group[0];
    const last = this.#group.at(-1);
    if (first === undefined || last === undefined) return;
    const start = this.#groupStart(first.start);
    const end = Math.min(last.end + this.#options.padding, this.#buffer.end, start + this.#options.window);
    this.#take(start, end, windows);
  }

  #take(start: number, end: number, windows: Window[]): void {
    const inside: SpeechSpan[] = [];
    const rest: SpeechSpan[] = [];
    for (const span of this.#group) {
      if (span.start < end) inside.push({ start: span.start, end: Math.min(span.end, end) });
      if (span.end > end) rest.push({ start: Math.max(span.start, end), end: span.end });
    }
    windows.push({ start, samples: this.#buffer.view(start, end).slice(), spans: inside });
    this.#group = rest;
    this.#floor = end;
    if (this.#openFrom !== undefined) this.#openFrom = Math.max(this.#openFrom, end);
  }

  /** Lets go of samples that no window can need any more. */
  #forget(): void {
    const { prefix, lookBack } = this.#options;
    const needed = this.#group[0]?.start ?? this.#openFrom ?? this.#buffer.end - lookBack;
    this.#buffer.dropBefore(Math.max(this.#floor, needed - prefix));
  }
}
