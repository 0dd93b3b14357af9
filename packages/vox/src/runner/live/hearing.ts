/**
 * What every live stream does with audio before a model comes in: it keeps what came, finds where utterances lie in it, and
 * notices a client that has fallen silent.
 */
import { SampleBuffer } from '../sample-buffer.js';
import { Arrivals } from './arrivals.js';
import type { Endpointer } from './endpointer.js';
import { PER_MS, Segmenter, type SegmenterListener } from './segmenter.js';
import type { StreamContext } from './stream.js';

/** Samples of room a stream begins with (0.5 s); a growing utterance takes more. */
const ROOM = 8_192;
/** Samples that are heard a tick (2 s): other streams must not wait for one that sends a file at once. */
const MAX_PER_TICK = 32_000;

export class Hearing {
  readonly audio = new SampleBuffer(ROOM);
  readonly segmenter: Segmenter;
  /** Wall clock in ms: arrival of what is being heard now. */
  arrivedAt = 0;
  readonly #context: StreamContext;
  readonly #endpointer: Endpointer;
  readonly #arrivals = new Arrivals();
  #thisTick = 0;

  /** @param windowMs longest utterance that the model hears at once */
  constructor(context: StreamContext, endpointer: Endpointer, windowMs: number, listener: SegmenterListener) {
    this.#context = context;
    this.#endpointer = endpointer;
    const { endpointing } = context.options;
    this.segmenter = new Segmenter(endpointing, endpointer, this.audio, windowMs, listener);
  }

  /** False when enough was heard for this tick. */
  get hungry(): boolean {
    return this.#thisTick < MAX_PER_TICK;
  }

  /** Wall clock in ms: when the sample at this position came in. */
  arrivalOf(position: number): number {
    return this.#arrivals.of(position);
  }

  /** Heard with the next `advance`; what came before is heard now, so that it counts as of when it came. */
  push(samples: Float32Array, arrivedAt: number): void {
    this.advance();
    this.arrivedAt = arrivedAt;
    this.#thisTick += samples.length;
    this.audio.push(samples);
    this.#arrivals.heard(this.audio.end, arrivedAt, this.#context.now());
  }

  /** Hears what was pushed, if it is not heard yet. */
  advance(): void {
    this.segmenter.advance();
  }

  skip(samples: number): void {
    this.advance();
    // A gap shorter than a pause is silence within the utterance; a longer one ends it.
    if (samples <= this.#context.options.endpointing.silenceMs * PER_MS) {
      this.audio.push(new Float32Array(samples));
      this.segmenter.advance();
      return;
    }
    this.segmenter.end('silence');
    const position = this.audio.end + samples;
    this.audio.restart(position);
    this.segmenter.jump(position);
  }

  /** Ends the open utterance here, by the client's word. False where there is none. */
  end(reason: 'commit' | 'end', arrivedAt: number): boolean {
    this.advance();
    this.arrivedAt = arrivedAt;
    return this.segmenter.end(reason);
  }

  /**
   * After the pushes of a tick.
   * @param all whether nothing waits to be heard: of one who sends faster than is heard, nobody has fallen silent
   */
  tick(all: boolean): void {
    if (all) this.#stall(this.#context.now());
    this.#thisTick = 0;
  }

  close(): void {
    this.#endpointer.close();
  }

  /** A client that has stopped sending is silent too; with `manual` only its word ends an utterance. */
  #stall(now: number): void {
    const { detector, patient, silenceMs } = this.#context.options.endpointing;
    if (this.segmenter.open === undefined || detector === 'manual' || patient === true) return;
    const stalled = this.#arrivals.stalledMs(now);
    if (stalled === 0 || this.segmenter.silenceMs + stalled < silenceMs) return;
    this.arrivedAt = now;
    this.segmenter.end('silence');
  }
}
