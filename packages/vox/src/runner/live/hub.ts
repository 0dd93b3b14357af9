/** All live streams of a runner: what came in goes to its stream, what they say leaves as one message a tick. */
import {
  type HeardAhead,
  type LiveEvent,
  type LiveOptions,
  toRecord,
  VoxError,
  type Warning,
} from '@vox-speech/contract';
import type { FromRunner } from '../../messages/index.js';
import { Inbox } from './inbox.js';
import type { Clock, LiveEngine, LiveStream } from './stream.js';

/** Ms between ticks while there is something to do: one frame of most clients. */
const TICK_MS = 20;
/** Ms between two words on how busy the runner is. */
const LOAD_MS = 1_000;

const NO_THRESHOLDS: Warning = {
  type: 'unsupported',
  option: 'speech',
  message: 'this model finds speech by itself: it has no thresholds',
};

interface Entry {
  readonly inbox: Inbox;
  /** Absent until the engine is ready for it. */
  stream?: LiveStream;
  /** Its last word is said: what is still under way for it is thrown away. */
  gone: boolean;
  /** Marks that are not answered yet. */
  marks: number;
}

export class LiveHub {
  readonly #engine: LiveEngine;
  readonly #clock: Clock;
  readonly #send: (message: FromRunner) => void;
  readonly #log: (line: string) => void;
  readonly #entries = new Map<number, Entry>();
  #events: { id: number; event: LiveEvent }[] = [];
  #cancelTick: (() => void) | undefined;
  #cancelFlush: (() => void) | undefined;
  #lastTick = Number.NEGATIVE_INFINITY;
  /** Absent until the engine has measured itself for the first stream. */
  #lastLoad: number | undefined;

  constructor(
    engine: LiveEngine,
    clock: Clock,
    send: (message: FromRunner) => void,
    log: (line: string) => void,
  ) {
    this.#engine = engine;
    this.#clock = clock;
    this.#send = send;
    this.#log = log;
  }

  /** Streams that are open. */
  get size(): number {
    return this.#entries.size;
  }

  /** Opens a stream. What comes for it before the engine is ready waits. */
  listen(id: number, options: LiveOptions): void {
    const entry: Entry = { inbox: new Inbox(options.sampleRate, options.encoding), gone: false, marks: 0 };
    this.#entries.set(id, entry);
    this.#engine.prepare(options).then(
      () => {
        if (this.#entries.get(id) !== entry) return;
        entry.stream = this.#engine.open({
          options,
          now: () => this.#clock.now(),
          emit: (event) => this.#emit(id, entry, event),
          end: ({ utterances }) =>
            this.#last(id, entry, {
              type: 'end',
              id,
              live: { audioMs: entry.inbox.heardMs, utterances },
            }),
          fail: (error) => this.#fail(id, entry, error),
        });
        if (options.endpointing.speech !== undefined && this.#engine.thresholds !== true)
          this.#emit(id, entry, { type: 'warning', warning: NO_THRESHOLDS });
        this.#flush();
        // Before the first stream is used, the server knows how many there may be.
        if (this.#lastLoad === undefined) this.#tellLoad(this.#clock.now());
        this.#send({ type: 'listening', id });
        this.#wake();
      },
      (error: unknown) => this.#fail(id, entry, error),
    );
  }

  /** The audio of all streams since the last such message; see `frames` of the messages. */
  frames(ids: readonly number[], bytes: readonly number[], body: Uint8Array): void {
    const now = this.#clock.now();
    let at = 0;
    for (const [index, id] of ids.entries()) {
      const length = bytes[index] ?? 0;
      const entry = this.#entries.get(id);
      // Of a stream that has ended meanwhile.
      if (entry !== undefined) this.#audio(id, entry, body.subarray(at, at + length), now);
      at += length;
    }
    if (this.#engine.eager !== true) this.#wake();
    else this.#tickNow();
  }

  skip(id: number, samples: number): void {
    this.#entries.get(id)?.inbox.skip(samples);
    this.#wake();
  }

  control(type: 'commit' | 'finish', id: number): void {
    this.#entries.get(id)?.inbox.control(type, this.#clock.now());
    this.#wake();
  }

  /** Answered by `marked`, once all that came before is heard. */
  mark(id: number): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.marks++;
    this.#wake();
  }

  /** Ends a stream at once. False when there is none of this id. */
  cancel(id: number): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#fail(id, entry, new VoxError('cancelled', 'cancelled'));
    return true;
  }

  /** Ends all streams at once, without a word. */
  close(): void {
    this.#cancelTick?.();
    this.#cancelFlush?.();
    for (const [id, entry] of this.#entries) this.#remove(id, entry);
  }

  #audio(id: number, entry: Entry, bytes: Uint8Array, now: number): void {
    try {
      entry.inbox.audio(bytes, now);
    } catch (error) {
      this.#fail(id, entry, error);
    }
  }

  #emit(id: number, entry: Entry, event: LiveEvent): void {
    if (entry.gone) return;
    this.#events.push({ id, event });
    // What a decode has found leaves with the next turn, not with the next tick.
    this.#cancelFlush ??= this.#clock.after(0, () => {
      this.#cancelFlush = undefined;
      this.#flush();
    });
  }

  #fail(id: number, entry: Entry, error: unknown): void {
    if (!VoxError.is(error)) this.#log(`runner: stream ${id}: ${(error as Error)?.stack ?? String(error)}`);
    this.#last(id, entry, { type: 'error', id, error: toRecord(error) });
  }

  #last(id: number, entry: Entry, message: FromRunner): void {
    if (entry.gone) return;
    this.#flush();
    this.#remove(id, entry);
    this.#send(message);
  }

  #remove(id: number, entry: Entry): void {
    if (entry.gone) return;
    entry.gone = true;
    this.#entries.delete(id);
    entry.stream?.cancel();
    if (this.#entries.size === 0) this.#engine.idle();
  }

  #flush(): void {
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    this.#send({ type: 'live', events });
  }

  /** Sees to it that a tick comes: soon, so that what comes meanwhile goes along, or with the next turn. */
  #wake(atOnce = false): void {
    if (atOnce) this.#cancelTick?.();
    else if (this.#cancelTick !== undefined) return;
    const wait = atOnce ? 0 : Math.max(0, this.#lastTick + TICK_MS - this.#clock.now());
    this.#cancelTick = this.#clock.after(wait, () => {
      this.#cancelTick = undefined;
      this.#tick();
    });
  }

  #tickNow(): void {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    this.#tick();
  }

  #tick(): void {
    const now = this.#clock.now();
    this.#lastTick = now;
    const ids: number[] = [];
    const bytes: number[] = [];
    let busy = false;
    this.#eachStream(({ id, stream, inbox }) => {
      const taken = inbox.drain(stream);
      if (taken === 0) return;
      ids.push(id);
      bytes.push(taken);
    });
    this.#hearAhead();
    this.#eachStream(({ stream, inbox }) => {
      if (stream.tick()) busy = true;
      if (!inbox.empty) busy = true;
    });
    if (this.#engine.tick()) busy = true;
    this.#flush();
    if (ids.length > 0) this.#send({ type: 'taken', ids, bytes });
    if (this.#answerMarks()) busy = true;
    if (this.#lastLoad !== undefined && now - this.#lastLoad >= LOAD_MS) this.#tellLoad(now);
    if (busy) this.#wake(this.#lagging());
  }

  /** Does something with each stream that is open; what it throws ends that stream. */
  #eachStream(work: (one: { id: number; stream: LiveStream; inbox: Inbox }) => void): void {
    for (const [id, entry] of this.#entries) {
      const { stream, inbox } = entry;
      if (stream === undefined) continue;
      try {
        work({ id, stream, inbox });
      } catch (error) {
        this.#fail(id, entry, error);
      }
    }
  }

  /** What the detectors of several streams hear next, they hear in one go. */
  #hearAhead(): void {
    if (this.#engine.hearAhead === undefined) return;
    const ahead = new Map<number, HeardAhead>();
    this.#eachStream(({ id, stream }) => {
      const one = stream.ahead?.();
      if (one !== undefined) ahead.set(id, one);
    });
    // One alone is heard when it is asked for.
    if (ahead.size < 2) return;
    try {
      this.#engine.hearAhead([...ahead.values()]);
    } catch (error) {
      // Nobody knows what their detectors have heard.
      for (const [id, entry] of this.#entries) if (ahead.has(id)) this.#fail(id, entry, error);
    }
  }

  /** Has somebody sent more than a tick takes, and the engine done all it was given? Then nothing is gained by waiting. */
  #lagging(): boolean {
    for (const { inbox, stream } of this.#entries.values())
      if (!inbox.empty && stream?.hungry === true) return true;
    return false;
  }

  /** Returns true while marks wait. */
  #answerMarks(): boolean {
    let waiting = false;
    for (const [id, entry] of this.#entries) {
      if (entry.marks === 0) continue;
      if (!entry.inbox.empty || entry.stream?.settled !== true) {
        waiting = true;
        continue;
      }
      this.#send({ type: 'marked', id, marks: entry.marks });
      entry.marks = 0;
    }
    return waiting;
  }

  #tellLoad(now: number): void {
    this.#lastLoad = now;
    const streams = this.#entries.size;
    const batches = this.#engine.takeBatches?.();
    this.#send({
      type: 'load',
      realTimeFactor: this.#engine.streamLoad() * Math.max(1, streams),
      streams,
      ...(batches === undefined ? {} : { batches }),
    });
  }
}
