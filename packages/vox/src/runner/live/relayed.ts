/**
 * A live stream on a model that hears elsewhere. Speech opens an utterance there, all audio of it is passed on as it comes,
 * and text comes back on its own. Where utterances end is decided here, as for every other model.
 */
import type { EndReason, LiveOptions } from '@vox-speech/contract';
import type { Endpointer } from './endpointer.js';
import { Hearing } from './hearing.js';
import { Relay } from './relay.js';
import type { Roller, RollerListener } from './roller.js';
import { type Bounds, PER_MS } from './segmenter.js';
import type { LiveStream, StreamContext } from './stream.js';

/** Utterances that may wait for their last words; then no more audio is taken. */
const MAX_WAITING = 3;
/** Samples behind what was passed on that are kept (3.5 s): an utterance that is too long is cut within its last 3 s. */
const KEPT = 56_000;
/** Older ones go when there are so many (1 s). */
const MAX_OLD = 16_000;

export class RelayedStream implements LiveStream {
  readonly #context: StreamContext;
  readonly #options: LiveOptions;
  readonly #openRoller: (listener: RollerListener) => Roller;
  readonly #hearing: Hearing;
  /** Utterances without their final, in order. */
  readonly #relays: Relay[] = [];
  #open: Relay | undefined;
  #count = 0;
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
    this.#openRoller = openRoller;
    this.#hearing = new Hearing(context, endpointer, Number.POSITIVE_INFINITY, {
      started: (bounds) => this.#started(bounds),
      promisedUntil: () => this.#open?.fedTo ?? 0,
      stopped: (until, reason) => this.#stopped(until, reason),
    });
  }

  get hungry(): boolean {
    return (
      this.#hearing.hungry &&
      this.#relays.length - (this.#open === undefined ? 0 : 1) < MAX_WAITING &&
      this.#open?.roller?.hungry !== false
    );
  }

  get settled(): boolean {
    return this.#relays.length === (this.#open === undefined ? 0 : 1);
  }

  push(samples: Float32Array, arrivedAt: number): void {
    const { audio, segmenter } = this.#hearing;
    this.#hearing.push(samples, arrivedAt);
    this.#hearing.advance();
    this.#feed(segmenter.position);
    if (this.#open !== undefined && audio.end - audio.start > KEPT + MAX_OLD)
      audio.dropBefore(Math.min(this.#open.fedTo, audio.end - KEPT));
  }

  skip(samples: number): void {
    this.#hearing.skip(samples);
    this.#feed(this.#hearing.segmenter.position);
  }

  commit(arrivedAt: number): void {
    if (!this.#hearing.end('commit', arrivedAt)) this.#nothing(arrivedAt);
    this.#finals();
  }

  finish(arrivedAt: number): void {
    this.#hearing.end('end', arrivedAt);
    this.#finishing = true;
    this.#finals();
  }

  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    for (const { roller } of this.#relays) roller?.close();
    this.#relays.length = 0;
    this.#open = undefined;
    this.#hearing.close();
  }

  tick(): boolean {
    this.#hearing.tick(this.hungry);
    this.#partial(this.#context.now());
    return this.#relays.length > 0;
  }

  #started(bounds: Bounds): void {
    this.#count++;
    const relay = new Relay(this.#count, bounds, this.#hearing.arrivalOf(bounds.since));
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
    const position = reason === 'length' ? until : Math.max(until, this.#hearing.segmenter.position);
    this.#feed(Math.min(this.#hearing.audio.end, position));
    this.#open = undefined;
    const endMs = Math.round(until / PER_MS);
    relay.end = { reason, endMs, decidedAt: this.#hearing.arrivedAt };
    this.#context.emit({ type: 'speech-stopped', utterance: relay.number, atMs: endMs, reason });
    relay.roller?.finish();
  }

  /** A commit has its final also where nothing was heard. */
  #nothing(decidedAt: number): void {
    this.#count++;
    const until = this.#hearing.audio.end;
    const relay = new Relay(this.#count, { from: until, since: until }, decidedAt);
    relay.end = { reason: 'commit', endMs: relay.startMs, decidedAt };
    relay.settled = true;
    this.#relays.push(relay);
  }

  /** Passes on what the open utterance has up to `position`. */
  #feed(position: number): void {
    const relay = this.#open;
    if (relay === undefined || position <= relay.fedTo) return;
    const samples = this.#hearing.audio.view(relay.fedTo, position);
    relay.fedTo = position;
    relay.roller?.push(samples);
  }

  /** The utterance whose turn it is: a later one waits until the final of the one before is told. */
  #partial(now: number): void {
    const relay = this.#relays[0];
    const { partialMs } = this.#options;
    if (relay === undefined || partialMs === undefined || now - this.#lastPartialAt < partialMs) return;
    const event = relay.partial(
      relay.end?.endMs ?? Math.round(this.#hearing.segmenter.position / PER_MS),
      now,
    );
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
    this.#context.end({ audioMs: Math.round(this.#hearing.audio.end / PER_MS), utterances: this.#count });
  }
}
