/** The live streams of a streaming model: one step for all that have something to hear. */
import type {
  LiveOptions,
  Model,
  ModelInfo,
  TranscribeOptions,
  TranscriptionStream,
} from '@vox-speech/contract';
import { biasFor } from '../bias.js';
import { BatchedStream, type Steps } from './batched.js';
import { Cost } from './cost.js';
import { PER_MS } from './segmenter.js';
import type { Clock, LiveEngine, LiveStream, StreamContext } from './stream.js';

/** Ms that the steps of a tick may take: nothing is heard and nobody is cancelled meanwhile. */
const TICK_MS = 20;
/** A step that takes longer than this (ms) is made for fewer streams the next time, a shorter one for more. */
const STEP_MS = 80;
/** Streams in a step at first and at most. */
const FIRST_BATCH = 16;
const MAX_BATCH = 128;
/** With fewer streams than this a step costs more a stream; capacity is judged by what a full house costs. */
const FULL_HOUSE = 8;
/** Ms between two measurements. */
const MEASURE_MS = 500;
/**
 * Shares of the time that steps take. Above the first one streams wait for each other a little longer, so that steps are for
 * more of them: four in a step cost two thirds as much each as one alone. Below the second one nobody need wait.
 */
const PRESSED = 0.5;
const RELAXED = 0.25;
/** Ms that streams wait for each other at first and at most. */
const FIRST_GATHER_MS = 20;
const LONGEST_GATHER_MS = 80;
/** Samples that each stream of the trial hears (1.2 s), at this level. */
const TRIAL = 19_200;
const TRIAL_LEVEL = 0.01;
/** Steps that are remembered until somebody asks how large they were. */
const MAX_REMEMBERED = 256;
/**
 * Beside the steps: resampling, framing, messages, steps that are smaller than a full house, and processors that somebody else takes a
 * part of: every thread of a step then waits for the slowest. With a tenth, two cores let 73 streams in on 8-bit weights of 67 million,
 * their speakers on the same two cores, and heard them 2.8 s late; 60 they heard in time.
 */
const OVERHEAD = 1.25;

/** A model with the two methods that make it a streaming one. */
export type StreamingModel = Model & Required<Pick<Model, 'openTranscription' | 'step'>>;

/** Whether a model is one. */
export function isStreaming(model: Model): model is StreamingModel {
  return model.openTranscription !== undefined && model.step !== undefined;
}

export class BatchedEngine implements LiveEngine, Steps {
  readonly #model: StreamingModel;
  readonly #clock: Clock;
  /**
   * Streams that a step would do something for, longest waiting first; each says itself that it is among them. As a set, which
   * is made anew whenever so many have come and gone, it was most of what the old part of the heap filled up with.
   */
  #waiting: BatchedStream[] = [];
  readonly #streams = new Set<BatchedStream>();
  #limit = FIRST_BATCH;
  #cost: Cost | undefined;
  #spentMs = 0;
  #heardMs = 0;
  #measuredAt = 0;
  #gatherMs = 0;
  /** Wall clock in ms: since when somebody waits for a step. */
  #since = 0;
  #batches: number[] = [];

  constructor(model: StreamingModel, clock: Clock) {
    this.#model = model;
    this.#clock = clock;
  }

  async prepare(options: LiveOptions): Promise<void> {
    this.#cost ??= this.#measure(transcribeOptions(options, this.#model.info));
  }

  open(context: StreamContext): LiveStream {
    const options = transcribeOptions(context.options, this.#model.info);
    const { longestUtteranceMs } = this.#model.info;
    const open = (): TranscriptionStream => this.#model.openTranscription(options);
    const stream = new BatchedStream(context, open, this, longestUtteranceMs);
    this.#streams.add(stream);
    return stream;
  }

  wants(stream: BatchedStream): void {
    if (stream.waits) return;
    if (this.#waiting.length === 0) this.#since = this.#clock.now();
    this.#wait(stream);
  }

  forget(stream: BatchedStream): void {
    if (stream.waits) this.#waiting.splice(this.#waiting.indexOf(stream), 1);
    stream.waits = false;
    this.#streams.delete(stream);
  }

  heard(samples: number): void {
    this.#heardMs += samples / PER_MS;
  }

  tick(): boolean {
    const begun = this.#clock.now();
    const gathered = begun - this.#since >= this.#gatherMs || this.#waiting.length >= this.#limit;
    while (gathered && this.#waiting.length > 0) {
      this.#stepSome();
      if (this.#clock.now() - begun >= TICK_MS) break;
    }
    if (begun - this.#measuredAt >= MEASURE_MS) this.#account(begun);
    return this.#waiting.length > 0;
  }

  streamLoad(): number {
    return (this.#cost?.perMs ?? 0) * OVERHEAD;
  }

  takeBatches(): readonly number[] {
    return this.#batches.splice(0);
  }

  idle(): void {
    this.#waiting = [];
  }

  #wait(stream: BatchedStream): void {
    stream.waits = true;
    this.#waiting.push(stream);
  }

  /** One step of those that have waited longest. */
  #stepSome(): void {
    const batch = this.#waiting.splice(0, this.#limit);
    for (const stream of batch) stream.waits = false;
    const begun = this.#clock.now();
    this.#model.step(batch.map(({ native }) => native));
    const spent = this.#clock.now() - begun;
    this.#spentMs += spent;
    this.#batches.push(batch.length);
    if (this.#batches.length > MAX_REMEMBERED) this.#batches.shift();
    if (spent > STEP_MS) this.#limit = Math.max(1, Math.floor(batch.length / 2));
    else if (batch.length === this.#limit && spent < STEP_MS / 2)
      this.#limit = Math.min(MAX_BATCH, this.#limit * 2);
    for (const stream of batch) {
      stream.collect();
      // At the end of the line, if it is not over by now.
      if (!stream.waits && this.#streams.has(stream) && stream.ready) this.#wait(stream);
    }
  }

  /** What a full house costs shows where the time is short: with time to spare steps are smaller and cost more. */
  #account(now: number): void {
    const share = this.#spentMs / Math.max(MEASURE_MS, now - this.#measuredAt);
    if (share > PRESSED) {
      if (this.#streams.size >= FULL_HOUSE) this.#cost?.add(this.#spentMs, this.#heardMs);
      this.#gatherMs = Math.min(LONGEST_GATHER_MS, Math.max(FIRST_GATHER_MS, 2 * this.#gatherMs));
    } else if (share < RELAXED) this.#gatherMs = this.#gatherMs > FIRST_GATHER_MS ? this.#gatherMs / 2 : 0;
    this.#measuredAt = now;
    this.#spentMs = 0;
    this.#heardMs = 0;
  }

  /** What a full house costs, by noise: a streaming model works as long on that as on speech. The second time counts. */
  #measure(options: TranscribeOptions): Cost {
    const noise = Float32Array.from({ length: TRIAL }, (_, at) => TRIAL_LEVEL * Math.sin(at * at));
    let spent = 0;
    for (const _ of ['warm-up', 'measured']) {
      const streams = Array.from({ length: FULL_HOUSE }, () => this.#model.openTranscription(options));
      for (const stream of streams) stream.push(noise);
      const begun = this.#clock.now();
      for (let ready = streams; ready.length > 0; ready = ready.filter((stream) => stream.ready()))
        this.#model.step(ready);
      spent = this.#clock.now() - begun;
      for (const stream of streams) stream.close();
    }
    return new Cost(spent / ((FULL_HOUSE * TRIAL) / PER_MS));
  }
}

function transcribeOptions(live: LiveOptions, info: ModelInfo): TranscribeOptions {
  const { task, language, decoder, scores } = live;
  return {
    task,
    words: true,
    ...(language === undefined ? {} : { language }),
    ...(decoder === undefined ? {} : { decoder }),
    ...(scores === undefined ? {} : { scores }),
    ...biasFor(info, live),
  };
}
