/**
 * One utterance of any length on a model whose context has an end. Before the end comes the utterance goes on in a new
 * context, in a pause where there is one; otherwise both hear the same bit, and their texts are laid over each other.
 * While the old context says its last words the new one already hears: nothing waits for it, and nothing is lost.
 */
import {
  type Rolling,
  type TokenUsage,
  type UtteranceListener,
  type UtteranceStream,
  VoxError,
} from '@vox-speech/contract';
import { after, joined, letterCount } from '../../text/joined.js';
import { SampleBuffer } from '../sample-buffer.js';
import { PauseFinder } from './pause-finder.js';
import { PER_MS } from './segmenter.js';

/** Contexts that may say their last words at the same time; then no more is heard until one is done. */
const MAX_ENDING = 8;
/** Without a pause an utterance goes on in a new context so long before the old one is full, in ms. */
const MARGIN_MS = 500;
/** A pause between sentences, in ms; in the second half of the time that is left one within a sentence will do. */
const PAUSE_MS = { first: 500, second: 200 } as const;
/** The new context hears so much of the pause too, in ms: the next word may begin softly. */
const ONSET_MS = 200;
/** Letters that a fast speaker says in a second, and some to find the place by. */
const LETTERS_PER_SECOND = 25;
const LETTERS_MORE = 12;
/** Samples of room for what is heard twice. */
const ROOM = 32_768;

export interface RollerListener {
  /** The text so far. It only grows. */
  text(text: string): void;
  /** The whole text, once. */
  done(text: string, usage: TokenUsage | undefined): void;
  failed(error: VoxError): void;
}

/** What one context hears. */
interface Part {
  readonly stream: UtteranceStream;
  text: string;
  /** Samples that the one before heard too. */
  readonly overlap: number;
  /** The next one hears its end too: its last word may be cut off. */
  cut: boolean;
  heard: number;
  /** Samples of these that were heard before. */
  again: number;
  full: boolean;
  done: boolean;
}

export class Roller {
  readonly #open: (listener: UtteranceListener) => UtteranceStream;
  readonly #rolling: Rolling | undefined;
  readonly #listener: RollerListener;
  readonly #pauses = new PauseFinder();
  readonly #recent = new SampleBuffer(ROOM);
  /** Parts whose text is not settled; the last one hears. */
  #parts: Part[] = [];
  /** Text of the parts that are over. */
  #settled = '';
  #shown = '';
  #usage: TokenUsage | undefined;
  /** What no part has room for yet. */
  #waiting: Float32Array[] = [];
  #finished = false;
  #closed = false;

  /** @param rolling absent = one context hears an utterance of any length */
  constructor(
    open: (listener: UtteranceListener) => UtteranceStream,
    rolling: Rolling | undefined,
    listener: RollerListener,
  ) {
    this.#open = open;
    this.#rolling = rolling;
    this.#listener = listener;
    this.#begin(0);
  }

  /** False while nothing more should be pushed. */
  get hungry(): boolean {
    return this.#waiting.length === 0 && this.#parts.at(-1)?.full !== true;
  }

  /** Mono samples at 16 kHz, the caller's again afterwards. */
  push(samples: Float32Array): void {
    if (this.#closed || this.#finished) return;
    if (this.#waiting.length > 0 || this.#noRoom) this.#waiting.push(samples.slice());
    else this.#hear(samples);
  }

  /** No more audio: `done` follows. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    if (this.#waiting.length === 0) this.#parts.at(-1)?.stream.finish();
  }

  /** Ends it at once, upstream too. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const { stream } of this.#parts) stream.close();
    this.#parts = [];
    this.#waiting = [];
  }

  /** The context is full, and too many are still busy with their last words. */
  get #noRoom(): boolean {
    const limitMs = this.#rolling?.limitMs ?? Number.POSITIVE_INFINITY;
    const heardMs = (this.#parts.at(-1)?.heard ?? 0) / PER_MS;
    return heardMs >= limitMs - MARGIN_MS && this.#parts.length > MAX_ENDING;
  }

  #hear(samples: Float32Array): void {
    const part = this.#parts.at(-1);
    if (part === undefined) return;
    part.heard += samples.length;
    if (this.#rolling !== undefined) {
      this.#recent.push(samples);
      this.#pauses.hear(samples);
    }
    if (!part.stream.push(samples)) part.full = true;
    if (this.#rolling !== undefined) this.#rollIfDue(part, this.#rolling);
  }

  #rollIfDue(part: Part, { segmentMs, overlapMs, limitMs }: Rolling): void {
    const keep = Math.max(overlapMs, ONSET_MS) * PER_MS;
    if (this.#recent.end - this.#recent.start > 2 * keep + ROOM)
      this.#recent.dropBefore(this.#recent.end - keep);
    const fullMs = limitMs - MARGIN_MS;
    const heardMs = part.heard / PER_MS;
    if (heardMs < Math.min(segmentMs, fullMs) || this.#parts.length > MAX_ENDING) return;
    const wanted = heardMs < (segmentMs + fullMs) / 2 ? PAUSE_MS.first : PAUSE_MS.second;
    if (this.#pauses.quietMs >= wanted) this.#roll(part, ONSET_MS * PER_MS, false);
    else if (heardMs >= fullMs) this.#roll(part, overlapMs * PER_MS, true);
  }

  /**
   * @param again samples that the next part hears again
   * @param cut someone speaks in them
   */
  #roll(part: Part, again: number, cut: boolean): void {
    part.cut = cut;
    part.stream.finish();
    const from = Math.max(this.#recent.start, this.#recent.end - again);
    const samples = this.#recent.view(from, this.#recent.end).slice();
    this.#begin(cut ? samples.length : 0);
    this.#pauses.restart();
    const next = this.#parts.at(-1);
    if (next === undefined || samples.length === 0) return;
    next.heard = samples.length;
    next.again = samples.length;
    if (!next.stream.push(samples)) next.full = true;
  }

  #begin(overlap: number): void {
    const told: { part?: Part } = {};
    const mine = (call: (part: Part) => void): void => {
      if (!this.#closed && told.part !== undefined) call(told.part);
    };
    const stream = this.#open({
      delta: (text) =>
        mine((part) => {
          part.text += text;
          this.#settle();
        }),
      done: (text, usage) => mine((part) => this.#partDone(part, text, usage)),
      failed: (error) =>
        mine(() => {
          this.close();
          this.#listener.failed(error);
        }),
      drained: () =>
        mine((part) => {
          part.full = false;
        }),
    });
    told.part = { stream, text: '', overlap, cut: false, heard: 0, again: 0, full: false, done: false };
    this.#parts.push(told.part);
  }

  #partDone(part: Part, text: string, usage: TokenUsage | undefined): void {
    part.done = true;
    if (text !== '') part.text = text;
    part.stream.close();
    this.#usage = summed(this.#usage, usage);
    // The model itself found its context full.
    if (part === this.#parts.at(-1) && (!this.#finished || this.#waiting.length > 0)) {
      if (part.heard <= part.again) {
        const why = 'the upstream ends utterances before it has heard anything of them';
        this.close();
        this.#listener.failed(new VoxError('upstream_failed', why));
        return;
      }
      this.#roll(part, (this.#rolling?.overlapMs ?? 0) * PER_MS, true);
    }
    this.#settle();
    this.#release();
  }

  /** Lets what waits be heard. */
  #release(): void {
    while (this.#waiting.length > 0) {
      const part = this.#parts.at(-1);
      if (this.#noRoom && part !== undefined && this.#rolling !== undefined)
        this.#rollIfDue(part, this.#rolling);
      if (this.#noRoom) return;
      const samples = this.#waiting.shift();
      if (samples !== undefined) this.#hear(samples);
      if (this.#finished && this.#waiting.length === 0) this.#parts.at(-1)?.stream.finish();
    }
  }

  /** What is known now: the parts that are done, and the beginning of the first one that is not. */
  #settle(): void {
    for (let part = this.#parts[0]; part !== undefined; part = this.#parts[0]) {
      const text = this.#behindSettled(part);
      if (text === undefined) return;
      const last = this.#parts.length === 1;
      this.#show(part.cut ? text.replace(/\s*\S+$/u, '') : text);
      if (!part.done) return;
      if (last && !this.#finished) return;
      this.#settled = text;
      this.#parts.shift();
    }
    if (this.#finished && this.#waiting.length === 0) {
      this.#show(this.#settled);
      this.#listener.done(this.#settled.startsWith(this.#shown) ? this.#settled : this.#shown, this.#usage);
      this.#closed = true;
    }
  }

  /** All text up to and with this part; undefined while it can't be told where they meet. */
  #behindSettled({ text, overlap, done }: Part): string | undefined {
    if (overlap === 0) return after(this.#settled, text);
    const reach = Math.round((overlap / PER_MS / 1000) * LETTERS_PER_SECOND) + LETTERS_MORE;
    if (!done && letterCount(text) < reach + LETTERS_MORE) return undefined;
    return joined(this.#settled, text, { reach, expected: reach / 2 });
  }

  #show(text: string): void {
    if (text.length <= this.#shown.length || !text.startsWith(this.#shown)) return;
    this.#shown = text;
    this.#listener.text(text);
  }
}

function summed(a: TokenUsage | undefined, b: TokenUsage | undefined): TokenUsage | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    totalTokens: a.totalTokens + b.totalTokens,
  };
}
