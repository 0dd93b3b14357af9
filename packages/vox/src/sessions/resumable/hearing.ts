/** One live session at work on a resumable one: audio in, phrases on the session's clock out. */
import { type EndReason, type LiveEvent, VoxError, type Word } from '@vox-speech/contract';
import { LongPhrases, UNNOTICED_MS } from '../long-phrases.js';
import { MAX_PHRASE_MS, SILENCE_MS } from '../phrases.js';
import type { LiveListener, LiveRequest, LiveSession } from '../types.js';
import type { Setup } from './store.js';
import type { Phrase } from './types.js';

/** Opens a live session; the runtime's `listen`. */
export type Listen = (request: LiveRequest, listener: LiveListener) => Promise<LiveSession>;

/** Audio that is given at once, in ms: small beside what may wait in a runner (600 s), large beside a round trip. */
const SLICE_MS = 5_000;
/** A slice that is not heard by then is given up, in ms; the slowest model that keeps up needs as long as it lasts. */
const SLICE_DEADLINE_MS = 60_000;
/** Audio is heard again from a multiple of this, in ms: the chunk of the streaming models here, so that frames fall as before. */
const GRID_MS = 300;
/** The phrases' rules; others as for live streams. */
const ENDPOINTING = {
  detector: 'silero',
  silenceMs: SILENCE_MS,
  minSpeechMs: 100,
  preRollMs: 500,
  maxUtteranceMs: MAX_PHRASE_MS,
  patient: true,
} as const;

export interface HearingOptions {
  readonly setup: Setup;
  /** Hz. */
  readonly sampleRate: number;
  /** Position of the first byte it will hear, on the session's clock; even. */
  readonly from: number;
}

export class Hearing {
  readonly #sampleRate: number;
  readonly #offsetMs: number;
  readonly #abort = new AbortController();
  #session: LiveSession | undefined;
  readonly #long = new LongPhrases();
  #found: Phrase[] = [];
  #settledMs: number;
  #partial = '';
  #language: string | undefined;
  #heard: number;
  #error: Error | undefined;
  readonly #end: Promise<void>;
  #ended!: () => void;

  private constructor({ sampleRate, from }: HearingOptions) {
    this.#sampleRate = sampleRate;
    this.#heard = from;
    this.#offsetMs = (from / 2 / sampleRate) * 1000;
    this.#settledMs = this.#offsetMs;
    this.#end = new Promise((resolve) => {
      this.#ended = resolve;
    });
  }

  /** Throws what `listen` throws. */
  static async open(listen: Listen, options: HearingOptions, signal: AbortSignal): Promise<Hearing> {
    const hearing = new Hearing(options);
    await hearing.#start(listen, options, signal);
    return hearing;
  }

  /** One past the last byte that was given, on the session's clock. */
  get heard(): number {
    return this.#heard;
  }

  /** Of what is being said. */
  get partial(): string {
    return this.#long.partial(this.#partial, this.#language);
  }

  /**
   * Position from which a new live session would hear the same: behind the last utterance, or shortly ago where nothing is
   * being said.
   */
  get openFrom(): number {
    const silentMs = this.#long.silent ? GRID_MS * Math.floor((this.#heardMs - UNNOTICED_MS) / GRID_MS) : 0;
    const bytes = 2 * Math.round((Math.max(this.#settledMs, silentMs) * this.#sampleRate) / 1000);
    return Math.min(bytes, this.#heard - (this.#heard % 2));
  }

  /** Hz. */
  get sampleRate(): number {
    return this.#sampleRate;
  }

  /** False once it has failed: no more can be given. */
  get usable(): boolean {
    return this.#error === undefined;
  }

  /** Hears so many bytes more; resolves when all that follows from them is told. Rejects with what ended the live session. */
  async hear(pcm: Uint8Array): Promise<void> {
    const slice = 2 * Math.round((this.#sampleRate * SLICE_MS) / 1000);
    for (let at = 0; at < pcm.length; at += slice) {
      if (this.#error !== undefined) throw this.#error;
      const session = this.#live();
      const part = pcm.subarray(at, at + slice);
      session.append(part);
      await this.#within(session.heard());
      this.#heard += part.length;
      this.#endHeld();
    }
  }

  /** No more audio: the last phrases come. */
  async finish(): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    this.#live().finish();
    await this.#within(this.#end);
    if (this.#error !== undefined) throw this.#error;
    this.#partial = '';
    this.#found.push(...this.#long.end());
  }

  /** Phrases that are over, since the last call. */
  take(): readonly Phrase[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  /** Ends it at once. Idempotent. */
  close(): void {
    this.#error ??= new VoxError('cancelled', 'the session is heard elsewhere');
    this.#abort.abort();
    this.#ended();
  }

  async #start(listen: Listen, { setup, sampleRate }: HearingOptions, signal: AbortSignal): Promise<void> {
    const request: LiveRequest = {
      model: setup.model,
      options: {
        sampleRate,
        task: 'transcribe',
        words: true,
        hotwords: [],
        endpointing: ENDPOINTING,
        partialMs: 0,
        ...(setup.language === undefined ? {} : { language: setup.language }),
        ...(setup.decoder === undefined ? {} : { decoder: setup.decoder }),
      },
      queueMs: 2 * SLICE_MS,
      overflow: 'wait',
      signal: this.#abort.signal,
    };
    // Once it is open it outlives the request that opened it.
    const abandon = (): void => this.#abort.abort();
    signal.addEventListener('abort', abandon, { once: true });
    try {
      this.#session = await listen(request, {
        onEvent: (event) => this.#event(event),
        onDrain: () => {},
        onEnd: () => this.#ended(),
        onError: (error) => {
          this.#error ??= error;
          this.#ended();
        },
      });
    } finally {
      signal.removeEventListener('abort', abandon);
    }
  }

  #live(): LiveSession {
    if (this.#session === undefined) throw new VoxError('internal', 'heard before it was open');
    return this.#session;
  }

  #event(event: LiveEvent): void {
    if (event.type === 'speech-started') this.#long.begin(event.utterance);
    else if (event.type === 'partial') {
      this.#long.begin(event.utterance);
      this.#partial = event.text;
    } else if (event.type === 'final') {
      this.#partial = '';
      this.#language = event.language;
      const piece = event.text === '' ? undefined : this.#phrase(event);
      const over = this.#long.hear(event.utterance, piece, event.language, event.reason === 'length');
      this.#found.push(...over);
      this.#settle(event.endMs + this.#offsetMs, event.reason, over.at(-1));
    }
  }

  /** How far a new live session needs not go back any more, now that an utterance is over. */
  #settle(endMs: number, reason: EndReason, told: Phrase | undefined): void {
    if (this.#long.held !== undefined) {
      if (told !== undefined) this.#settledMs = told.endSeconds * 1000;
      return;
    }
    // The silence that ended it is longer than the step to the grid; behind a cut there is none.
    this.#settledMs = reason === 'silence' ? GRID_MS * Math.ceil(endMs / GRID_MS) : endMs;
  }

  /** Nobody has spoken on behind a cut. */
  #endHeld(): void {
    if (!this.#long.isOver(this.#heardMs)) return;
    const over = this.#long.end();
    this.#found.push(...over);
    this.#settle((over.at(-1)?.endSeconds ?? 0) * 1000, 'silence', undefined);
  }

  /** Ms on the session's clock. */
  get #heardMs(): number {
    return this.#heard / 2 / this.#sampleRate / 0.001;
  }

  #phrase(final: Extract<LiveEvent, { type: 'final' }>): Phrase {
    const words = final.words?.map((word) => ({
      ...word,
      startMs: Math.round(word.startMs + this.#offsetMs),
      endMs: Math.round(word.endMs + this.#offsetMs),
    }));
    const confidence = meanConfidence(words ?? []);
    return {
      text: final.text,
      startSeconds: this.#seconds(final.startMs),
      endSeconds: this.#seconds(final.endMs),
      ...(words === undefined ? {} : { words }),
      ...(confidence === undefined ? {} : { confidence }),
    };
  }

  #seconds(ms: number): number {
    return Math.max(0, Math.round((ms + this.#offsetMs) / 10) / 100);
  }

  async #within(work: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = new VoxError(
          'timeout',
          `the model did not hear a piece within ${SLICE_DEADLINE_MS / 1000} s`,
        );
        this.#error ??= error;
        this.#abort.abort();
        reject(error);
      }, SLICE_DEADLINE_MS);
    });
    try {
      await Promise.race([work, late]);
    } catch (error) {
      throw this.#error ?? error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Mean over the words; undefined where the engine does not know it of each. */
function meanConfidence(words: readonly Word[]): number | undefined {
  let sum = 0;
  for (const { confidence } of words) {
    if (confidence === undefined) return undefined;
    sum += confidence;
  }
  return words.length === 0 ? undefined : sum / words.length;
}
