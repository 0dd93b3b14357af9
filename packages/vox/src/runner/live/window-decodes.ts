/** The decodes of all live streams of an offline model: which one starts when, and what they cost. */
import type { Model, Segment, TranscribeOptions } from '@vox-speech/contract';
import { decodeOnce, decodeWindow, SAMPLE_RATE } from '../decode-window.js';
import { loopScore } from '../loop.js';
import { Cost } from './cost.js';
import { PartialPace } from './partial-pace.js';
import type { Clock } from './stream.js';
import type { DecodeTurns } from './turns.js';
import type { Decoded } from './utterance.js';
import type { WindowDecoder } from './windowed.js';

/**
 * What is decoded to warm up and to measure, in samples (6 s): an utterance of common length. Noise has fewer words than
 * speech, which costs less, and a decode on all threads costs more than a thrifty one: together about as much as speech.
 */
const TRIAL = 96_000;
/** Level of the noise that is decoded then: the model must have something to hear. */
const TRIAL_LEVEL = 0.01;
/** Seconds of sound without a word after which a decode is done again: pieces are short, and often end within a word. */
const NEVER = Number.POSITIVE_INFINITY;
/** Weight of the latest final in what finals wait. */
const WAIT_WEIGHT = 0.2;
/** Ms between two accounts of what was spent. */
const MEASURE_MS = 2_000;

/** With more live streams than this for each slot a decode rather costs little than is fast. */
const STREAMS_FOR_THRIFT = 1;

interface Wishing {
  /** Nothing was shown of its utterance yet. */
  readonly first: boolean;
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
  /** Since the last account: wall time of decodes by their kind, and audio of which a final was made. */
  #spent = { finalsMs: 0, partialsMs: 0, audioMs: 0 };
  #cpuMs = 0;
  #waitMs = 0;
  #measuredAt = Number.POSITIVE_INFINITY;
  /** Live streams that are open. */
  streams = 0;

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

  /** Ms that finals had to wait for their turn lately. */
  get waitMs(): number {
    return this.#waitMs;
  }

  /** Ms of one processor that the finals of a ms of speech cost. */
  get costPerMs(): number {
    return this.#cost.perMs;
  }

  get crowded(): boolean {
    return this.streams > STREAMS_FOR_THRIFT * this.#slots;
  }

  final(samples: Float32Array, options: TranscribeOptions, signal: AbortSignal): Promise<Decoded> {
    const asked = this.#clock.now();
    return this.#turns.final(() => {
      this.#waitMs += (this.#clock.now() - asked - this.#waitMs) * WAIT_WEIGHT;
      return this.#whole(samples, options, signal);
    }, signal);
  }

  piece(samples: Float32Array, options: TranscribeOptions, signal: AbortSignal): Promise<Decoded> {
    return this.#turns.piece(() => this.#whole(samples, options, signal), signal);
  }

  hasten(signal: AbortSignal): void {
    this.#turns.hasten(signal);
  }

  growing(samples: Float32Array, options: TranscribeOptions, signal: AbortSignal): Promise<Decoded> {
    return this.#turns.spare(() =>
      this.#timed(
        async () => {
          const segments = await decodeOnce(this.#model, samples, this.#thrifty(options), signal);
          const text = segments.map((segment) => segment.text).join(' ');
          return loopScore(text, samples.length / SAMPLE_RATE) > 0 ? [] : segments;
        },
        (ms) => {
          this.#pace.spend(ms);
          this.#spent.partialsMs += ms;
        },
      ),
    );
  }

  wish(stream: Wishing): void {
    this.#wishes.add(stream);
  }

  /** Starts the partials that there is time for. Returns true while more are wanted. */
  tick(): boolean {
    const now = this.#clock.now();
    if (now - this.#measuredAt >= MEASURE_MS) this.#account(now);
    // Who has seen nothing yet before those who would see a little more.
    const inOrder = [...this.#wishes].sort((a, b) => Number(b.first) - Number(a.first));
    for (const stream of inOrder) {
      if (!this.#turns.idle || !this.#pace.affords(now)) break;
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
      () => decodeWindow(this.#model, samples, this.#thrifty(options), signal, NEVER),
      (ms) => {
        this.#pace.final(ms);
        this.#spent.finalsMs += ms;
        this.#spent.audioMs += (samples.length / SAMPLE_RATE) * 1000;
      },
    );
  }

  /** The processor time of this process is shared out by how long the decodes took; what else it did is in it. */
  #account(now: number): void {
    const cpuMs = this.#clock.cpuMs();
    const { finalsMs, partialsMs, audioMs } = this.#spent;
    const all = finalsMs + partialsMs;
    if (all > 0) this.#cost.add(((cpuMs - this.#cpuMs) * finalsMs) / all, audioMs);
    this.#spent = { finalsMs: 0, partialsMs: 0, audioMs: 0 };
    this.#cpuMs = cpuMs;
    this.#measuredAt = now;
  }

  #thrifty(options: TranscribeOptions): TranscribeOptions {
    return this.crowded ? { ...options, thrifty: true } : options;
  }

  /** @param spent told the ms of processor time: a lone decode has all the slots to itself */
  async #timed(work: () => Promise<Segment[]>, spent: (ms: number) => void): Promise<Decoded> {
    const alone = this.#turns.running <= 1;
    const begun = this.#clock.now();
    const segments = await work();
    const decodeMs = this.#clock.now() - begun;
    spent(alone && !this.crowded ? decodeMs * this.#slots : decodeMs);
    return { segments, decodeMs };
  }

  async #measure(): Promise<Cost> {
    const samples = Float32Array.from({ length: TRIAL }, (_, at) => TRIAL_LEVEL * Math.sin(at * at));
    const options: TranscribeOptions = { task: 'transcribe', words: this.#model.info.canTimeWords };
    const { signal } = new AbortController();
    const trial = (): Promise<Segment[]> => decodeOnce(this.#model, samples, options, signal);
    // The first decode takes longer than any other: pages are read, buffers made.
    await this.#turns.final(trial, signal);
    const before = this.#clock.cpuMs();
    await this.#turns.final(trial, signal);
    this.#cpuMs = this.#clock.cpuMs();
    this.#measuredAt = this.#clock.now();
    return new Cost(((this.#cpuMs - before) * SAMPLE_RATE) / (TRIAL * 1000));
  }
}
