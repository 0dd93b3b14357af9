/** The decodes of all live streams of an offline model: which one starts when, and what they cost. */
import type { Model, Segment, TranscribeOptions } from '@vox-speech/contract';
import { MIN_UNCOVERED } from '../coverage.js';
import { decodeOnce, decodeWindow, SAMPLE_RATE } from '../decode-window.js';
import { loopScore } from '../loop.js';
import { Cost } from './cost.js';
import { PartialPace } from './partial-pace.js';
import type { Clock } from './stream.js';
import type { DecodeTurns } from './turns.js';
import type { Decoded } from './utterance.js';
import type { WindowDecoder } from './windowed.js';

/** What is decoded to warm up and to measure, in samples (3 s): an utterance of common length. */
const TRIAL = 48_000;
/** Level of the noise that is decoded then: the model must have something to hear. */
const TRIAL_LEVEL = 0.01;
/** Speech has more words than noise, and the decoder works for each. */
const SPEECH_OVER_TRIAL = 1.5;
/** Shorter audio than this (1 s) tells little about what a second costs. */
const MIN_MEASURED = 16_000;

interface Wishing {
  partial(): Promise<void>;
}

export class WindowDecodes implements WindowDecoder {
  readonly #model: Model;
  readonly #turns: DecodeTurns;
  readonly #slots: number;
  readonly #clock: Clock;
  readonly #pace: PartialPace;
  /** In the order in which they asked. */
  readonly #wishes = new Set<Wishing>();
  #measuring: Promise<Cost> | undefined;
  #cost = new Cost(0);

  /** @param slots decodes at once that the machine has processors for */
  constructor(model: Model, turns: DecodeTurns, slots: number, clock: Clock) {
    this.#model = model;
    this.#turns = turns;
    this.#slots = slots;
    this.#clock = clock;
    this.#pace = new PartialPace(slots);
  }

  /** Warms up and measures, once. Throws what the model throws. */
  async prepare(): Promise<void> {
    this.#measuring ??= this.#measure();
    try {
      this.#cost = await this.#measuring;
    } catch (error) {
      this.#measuring = undefined;
      throw error;
    }
  }

  /** Ms of one processor that the finals of a ms of speech cost. */
  get costPerMs(): number {
    return this.#cost.perMs;
  }

  get idle(): boolean {
    return this.#turns.idle;
  }

  final(samples: Float32Array, options: TranscribeOptions, signal: AbortSignal): Promise<Decoded> {
    return this.#turns.final(() => this.#whole(samples, options, signal), signal);
  }

  async ahead(samples: Float32Array, options: TranscribeOptions, signal: AbortSignal): Promise<Decoded> {
    return this.#turns.spare(() => this.#whole(samples, options, signal));
  }

  growing(samples: Float32Array, options: TranscribeOptions, signal: AbortSignal): Promise<Decoded> {
    return this.#turns.spare(() =>
      this.#timed(async () => {
        const segments = await decodeOnce(this.#model, samples, options, signal);
        const text = segments.map((segment) => segment.text).join(' ');
        return loopScore(text, samples.length / SAMPLE_RATE) > 0 ? [] : segments;
      }, (ms) => this.#pace.spend(ms)),
    );
  }

  wish(stream: Wishing): void {
    this.#wishes.add(stream);
  }

  /** Starts the partials that there is time for. Returns true while more are wanted. */
  tick(): boolean {
    for (const stream of this.#wishes) {
      if (!this.#turns.idle || !this.#pace.affords(this.#clock.now())) break;
      this.#wishes.delete(stream);
      void stream.partial();
    }
    return this.#wishes.size > 0;
  }

  /** No stream is left. */
  clear(): void {
    this.#wishes.clear();
  }

  #whole(samples: Float32Array, options: TranscribeOptions, signal: AbortSignal): Promise<Decoded> {
    return this.#timed(
      () => decodeWindow(this.#model, samples, options, signal, MIN_UNCOVERED.clip),
      (ms) => {
        if (samples.length >= MIN_MEASURED) this.#cost.add(ms, (samples.length / SAMPLE_RATE) * 1000);
      },
    );
  }

  /** @param spent told the ms of processor time: a lone decode has all the slots to itself */
  async #timed(work: () => Promise<Segment[]>, spent: (ms: number) => void): Promise<Decoded> {
    const alone = this.#turns.running <= 1;
    const begun = this.#clock.now();
    const segments = await work();
    const decodeMs = this.#clock.now() - begun;
    spent(alone ? decodeMs * this.#slots : decodeMs);
    return { segments, decodeMs };
  }

  async #measure(): Promise<Cost> {
    const samples = Float32Array.from({ length: TRIAL }, (_, at) => TRIAL_LEVEL * Math.sin(at * at));
    const options: TranscribeOptions = { task: 'transcribe', words: this.#model.info.canTimeWords };
    const { signal } = new AbortController();
    let spentMs = 0;
    // The first decode takes longer than any other: pages are read, buffers made.
    for (const _ of ['warm-up', 'measured']) {
      const work = (): Promise<Segment[]> => decodeOnce(this.#model, samples, options, signal);
      await this.#turns.final(() => this.#timed(work, (ms) => (spentMs = ms)), signal);
    }
    return new Cost((spentMs * SPEECH_OVER_TRIAL * SAMPLE_RATE) / (TRIAL * 1000));
  }
}
