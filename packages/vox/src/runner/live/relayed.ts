/**
 * A live stream on a model that hears elsewhere. Speech opens an utterance there, all audio of it is passed on as it comes,
 * and text comes back on its own. Where utterances end is decided here, as for every other model.
 */
import type { EndReason, LiveOptions } from '@vox-speech/contract';
import { SampleBuffer } from '../sample-buffer.js';
import { Arrivals } from './arrivals.js';
import type { Endpointer } from './endpointer.js';
import { Relay } from './relay.js';
import type { Roller, RollerListener } from './roller.js';
import { type Bounds, PER_MS, Segmenter } from './segmenter.js';
import type { LiveStream, StreamContext } from './stream.js';

/** Samples of room a stream begins with (0.5 s). */
const ROOM = 8_192;
/** Samples that are heard a tick (2 s): other streams must not wait for one that sends a file at once. */
const MAX_PER_TICK = 32_000;
/** Utterances that may wait for their last words; then no more audio is taken. */
const MAX_WAITING = 3;
/** Samples behind what was passed on that are kept (3.5 s): an utterance that is too long is cut within its last 3 s. */
const KEPT = 56_000;
/** Older ones go when there are so many (1 s). */
const MAX_OLD = 16_000;

export class RelayedStream implements LiveStream {
  readonly #context: StreamContext;
  readonly #options: LiveOptions;
  readonly #endpointer: Endpointer;
  readonly #openRoller: (listener: RollerListener) => Roller;
  readonly #audio = new SampleBuffer(ROOM);
  readonly #arrivals = new Arrivals();
  readonly #segmenter: Segmenter;
  /** Utterances without their final, in order. */
  readonly #relays: Relay[] = [];
  #open: Relay | undefined;
  #count = 0;
  #heardThisTick = 0;
  #arrivedAt = 0;
  #lastPartialAt = Number.NEGATIVE_INFINITY;
  #finishing = false;
  #over = false;

  constructor(
    context: StreamContext,
    endpointer: Endpointer,
    openRoller: (listener: RollerListener) => Roller,
  ) {
    this.#context = context;
    this.#options = context.options;
    this.#endpointer = endpointer;
    this.#openRoller = openRoller;
    const { endpointing } = context.options;
    this.#segmenter = new Segmenter(endpointing, endpointer, this.#audio, Number.POSITIVE_INFINITY, {
      started: (bounds) => this.#started(bounds),
      promisedUntil: () => this.#open?.fedTo ?? 0,
      stopped: (until, reason) => this.#stopped(until, reason),
    });
  }

  get hungry(): boolean {
    return (
      this.#heardThisTick < MAX_PER_TICK &&
      this.#relays.length - (this.#open === undefined ? 0 : 1) < MAX_WAITING &&
      this.#open?.roller?.hungry !== false
    );
  }

  get settled(): boolean {
    return this.#relays.length === (this.#open === undefined ? 0 : 1);
  }

  push(samples: Float32Array, arrivedAt: number): void {
    this.#arrivedAt = arrivedAt;
    this.#heardThisTick += samples.length;
    this.#audio.push(samples);
    this.#arrivals.heard(this.#audio.end, arrivedAt, this.#context.now());
    this.#segmenter.advance();
    this.#feed(this.#segmenter.position);
    if (this.#open !== undefined && this.#audio.end - this.#audio.start > KEPT + MAX_OLD)
      this.#audio.dropBefore(Math.min(this.#open.fedTo, this.#audio.end - KEPT));
  }

  skip(samples: number): void {
    // A gap shorter than a pause is silence within the utterance; a longer one ends it.
    if (samples <= this.#options.endpointing.silenceMs * PER_MS) {
      this.#audio.push(new Float32Array(samples));
      this.#segmenter.advance();
      this.#feed(this.#segmenter.position);
      return;
    }
    this.#segmenter.end('silence');
    const position = this.#audio.end + samples;
    this.#audio.restart(position);
    this.#segmenter.jump(position);
  }

  commit(arrivedAt: number): void {
    this.#arrivedAt = arrivedAt;
    if (!this.#segmenter.end('commit')) this.#nothing(arrivedAt);
    this.#finals();
  }

  finish(arrivedAt: number): void {
    this.#arrivedAt = arrivedAt;
    this.#segmenter.end('end');
    this.#finishing = true;
    this.#finals();
  }

  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    for (const { roller } of this.#relays) roller?.close();
    this.#relays.length = 0;
    this.#open = undefined;
    this.#endpointer.close();
  }

  tick(): boolean {
    const now = this.#context.now();
    if (this.hungry) this.#stall(now);
    this.#heardThisTick = 0;
    this.#partial(now);
    return this.#relays.length > 0;
  }

  #started(bounds: Bounds): void {
    this.#count++;
    const relay = new Relay(this.#count, bounds, this.#arrivals.of(bounds.since));
    this.#relays.push(relay);
    this.#open = relay;
    relay.roller = this.#openRoller({
      text: (text) => {
        relay.text = text;
        this.#partial(this.#context.now());
      },
      done: (text, usage) => {
        relay.text = text;
        relay.usage = usage;
        relay.settled = true;
        this.#finals();
      },
      failed: (error) => {
        if (!this.#over) this.#context.fail(error);
      },
    });
    this.#context.emit({ type: 'speech-started', utterance: relay.number, atMs: relay.startMs });
  }

  #stopped(until: number, reason: EndReason): void {
    const relay = this.#open;
    if (relay === undefined) return;
    // With it goes the silence that ended it; where it was cut, the rest is the next one's.
    const position = reason === 'length' ? until : Math.max(until, this.#segmenter.position);
    this.#feed(Math.min(this.#audio.end, position));
    this.#open = undefined;
    const endMs = Math.round(until / PER_MS);
    relay.end = { reason, endMs, decidedAt: this.#arrivedAt };
    this.#context.emit({ type: 'speech-stopped', utterance: relay.number, atMs: endMs, reason });
    relay.roller?.finish();
  }

  /** A commit has its final also where nothing was heard. */
  #nothing(decidedAt: number): void {
    this.#count++;
    const until = this.#audio.end;
    const relay = new Relay(this.#count, { from: until, since: until }, decidedAt);
    relay.end = { reason: 'commit', endMs: relay.startMs, decidedAt };
    relay.settled = true;
    this.#relays.push(relay);
  }

  /** Passes on what the open utterance has up to `position`. */
  #feed(position: number): void {
    const relay = this.#open;
    if (relay === undefined || position <= relay.fedTo) return;
    const samples = this.#audio.view(relay.fedTo, position).slice();
    relay.fedTo = position;
    relay.roller?.push(samples);
  }

  /** A client that has stopped sending is silent too; with `manual` only its word ends an utterance. */
  #stall(now: number): void {
    const { detector, silenceMs } = this.#options.endpointing;
    if (this.#open === undefined || detector === 'manual') return;
    const stalled = this.#arrivals.stalledMs(now);
    if (stalled === 0 || this.#segmenter.silenceMs + stalled < silenceMs) return;
    this.#arrivedAt = now;
    this.#segmenter.end('silence');
  }

  /** The utterance whose turn it is: a later one waits until the final of the one before is told. */
  #partial(now: number): void {
    const relay = this.#relays[0];
    const { partialMs } = this.#options;
    if (relay === undefined || partialMs === undefined || now - this.#lastPartialAt < partialMs) return;
    const event = relay.partial(relay.end?.endMs ?? Math.round(this.#segmenter.position / PER_MS), now);
    if (event === undefined) return;
    this.#lastPartialAt = now;
    this.#context.emit(event);
  }

  #finals(): void {
    for (let relay = this.#relays[0]; relay?.settled === true; relay = this.#relays[0]) {
      if (relay.end === undefined) return;
      this.#relays.shift();
      this.#context.emit(relay.final(relay.end, this.#options.language, this.#context.now()));
      this.#lastPartialAt = Number.NEGATIVE_INFINITY;
    }
    if (this.#relays.length > 0) this.#partial(this.#context.now());
    if (!this.#finishing || this.#relays.length > 0 || this.#over) return;
    this.#context.end({ audioMs: Math.round(this.#audio.end / PER_MS), utterances: this.#count });
  }
}
