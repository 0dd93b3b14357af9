/**
 * What makes the live streams of one model, and one such stream, as the hub sees them. Two kinds of model are served:
 * offline ones by windowing (`windowed.ts`), streaming ones in batches. All calls come from one thread, and all waiting
 * is done by ticks: nothing here blocks.
 */
import type { HeardAhead, LiveEvent, LiveOptions, LiveSummary } from '@vox-speech/contract';

/** Where time comes from; a test has its own. */
export interface Clock {
  /** Wall clock in ms. */
  now(): number;
  /** Processor time of this process so far, all its threads, in ms. */
  cpuMs(): number;
  /** Calls once after so many ms, unless the returned function is called before. */
  after(ms: number, call: () => void): () => void;
}

/** What a stream says and to whom; `end` or `fail` is the last. */
export interface StreamContext {
  readonly options: LiveOptions;
  /** Wall clock in ms. */
  now(): number;
  emit(event: LiveEvent): void;
  end(summary: LiveSummary): void;
  /** Any thrown value; the client is told its code. */
  fail(error: unknown): void;
}

export interface LiveStream {
  /** False while what was pushed must be worked on first: then the rest waits, and the client's queue fills. */
  readonly hungry: boolean;
  /** True when all that can be said of what was pushed is said; words that more audio may change are no matter. */
  readonly settled: boolean;
  /** Mono samples at 16 kHz, any number; the array is the caller's again afterwards. `arrivedAt` in ms of the wall clock. */
  push(samples: Float32Array, arrivedAt: number): void;
  /** So many samples at 16 kHz were dropped; they count in all times. */
  skip(samples: number): void;
  /** Ends the utterance; answered by exactly one final. */
  commit(arrivedAt: number): void;
  /** No more audio: the last finals, then `end`. */
  finish(arrivedAt: number): void;
  /** Frees everything at once; nothing more is said. Idempotent. */
  cancel(): void;
  /** Between the pushes of a tick and `tick`: what its detector may hear with those of others. Undefined or absent = nothing. */
  ahead?(): HeardAhead | undefined;
  /** After the pushes of a tick. Returns true while time alone may bring something about: then ticks go on. */
  tick(): boolean;
}

/** One for each runner. */
export interface LiveEngine {
  /** Ticks come as soon as there is audio, because a tick costs next to nothing. Absent = no. */
  readonly eager?: boolean;
  /** Speech is found by a detector that can be told how sure to be. Absent = no. */
  readonly thresholds?: boolean;
  /** Called before each stream is opened: warms up and measures, once, and gets what such a stream needs. */
  prepare(options: LiveOptions): Promise<void>;
  open(context: StreamContext): LiveStream;
  /** What the streams of this tick have ahead, in one go; absent = each hears alone. */
  hearAhead?(ahead: readonly HeardAhead[]): void;
  /** After all streams had their tick, for what is done for all of them in one go. Returns true as `tick` of a stream does. */
  tick(): boolean;
  /** Share of the processor time there is that one stream of steady speech needs, at the least; 1 = there is no room for more. */
  streamLoad(): number;
  /** Streams in each step since the last call, the latest ones; absent where a step is never for several. */
  takeBatches?(): readonly number[];
  /** No stream is left: lets go of what only streams need. */
  idle(): void;
}
