/** One utterance that a model elsewhere hears: what was said of it, and what is told of it. */
import type { EndReason, LiveEvent, TokenUsage } from '@vox-speech/contract';
import type { Roller } from './roller.js';
import { type Bounds, PER_MS } from './segmenter.js';

/** How an utterance came to its end. */
export interface RelayEnd {
  readonly reason: EndReason;
  /** On the stream's clock. */
  readonly endMs: number;
  /** Wall clock in ms. */
  readonly decidedAt: number;
}

export class Relay {
  readonly number: number;
  readonly startMs: number;
  /** Absent where there was nothing to hear. */
  roller: Roller | undefined;
  /** Position up to which the model was given audio. */
  fedTo: number;
  text = '';
  /** What of it was told. */
  toldLength = 0;
  end: RelayEnd | undefined;
  /** The model has said its last word. */
  settled = false;
  usage: TokenUsage | undefined;
  readonly #arrivedAt: number;
  #firstPartialAt: number | undefined;

  /** @param arrivedAt wall clock in ms: when its first audio came in */
  constructor(number: number, bounds: Bounds, arrivedAt: number) {
    this.number = number;
    this.startMs = Math.round(bounds.since / PER_MS);
    this.fedTo = bounds.from;
    this.#arrivedAt = arrivedAt;
  }

  /** What was said since the last partial; undefined where that is nothing. */
  partial(endMs: number, now: number): LiveEvent | undefined {
    if (this.text.length <= this.toldLength) return undefined;
    this.toldLength = this.text.length;
    this.#firstPartialAt ??= now;
    const { number, text, startMs } = this;
    return { type: 'partial', utterance: number, text, stable: text.length, startMs, endMs };
  }

  /** Its last word. */
  final({ reason, endMs, decidedAt }: RelayEnd, language: string | undefined, now: number): LiveEvent {
    const first = this.#firstPartialAt;
    return {
      type: 'final',
      utterance: this.number,
      text: this.text,
      startMs: this.startMs,
      endMs,
      reason,
      ...(language === undefined ? {} : { language }),
      ...(this.usage === undefined ? {} : { usage: this.usage }),
      timing: {
        ...(first === undefined ? {} : { firstPartialMs: Math.round(first - this.#arrivedAt) }),
        endpointToFinalMs: Math.round(now - decidedAt),
        sinceFirstAudioMs: Math.round(now - this.#arrivedAt),
        // What the other side spent on it is not known; this is what was waited for.
        decodeMs: Math.round(now - decidedAt),
        revisedShare: 0,
      },
    };
  }
}
