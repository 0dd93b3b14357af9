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
/**
 * Ms between two words on what was taken, while ticks go on anyway: a tenth of what the server sends ahead. Of 300 streams each
 * word is a message of 300 numbers.
 */
const TAKEN_MS = 100;
/** Ms between two words on how busy the runner is. */
const LOAD_MS = 1_000;

const NO_THRESHOLDS: Warning = {
  type: 'unsupported',
  option: 'speech',
  message: 'this model finds speech by itself: it has no thresholds',
};

interface Entry {
  readonly id: number;
  readonly inbox: Inbox;
  /** Absent until the engine is ready for it. */
  stream?: LiveStream;
  /** Its last word is said: what is still under way for it is thrown away. */
  gone: boolean;
  /** Marks that are not answered yet. */
  marks: number;
  /** Bytes that were taken and not told. */
  taken: number;
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
  #lastTaken = Number.NEGATIVE_INFINITY;
  /** Streams with marks that are not answered. */
  #marked = 0;
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
    const inbox = new Inbox(options.sampleRate, options.encoding);
    const entry: Entry = { id, inbox, gone: false, marks: 0, taken: 0 };
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
    ids.forEach((id, index) => {
      const length = bytes[index] ?? 0;
      const entry = this.#entries.get(id);
      // Of a stream that has ended meanwhile.
      if (entry !== undefined) this.#audio(id, entry, body.subarray(at, at + length), now);
      at += length;
    });
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
    if (entry.marks === 0) this.#marked++;
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
    if (entry.marks > 0) this.#marked--;
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
    let busy = false;
    // The server may wait for room.
    let late = false;
    this.#eachStream((entry, stream) => {
      entry.taken += entry.inbox.drain(stream);
    });
    this.#hearAhead();
    this.#eachStream(({ gone, inbox }, stream) => {
      if (!gone && stream.tick()) busy = true;
      if (!inbox.empty) late = true;
    });
    if (this.#engine.tick()) busy = true;
    this.#flush();
    if (!busy || late || now - this.#lastTaken >= TAKEN_MS) this.#tellTaken(now);
    if (this.#answerMarks() || late) busy = true;
    if (this.#lastLoad !== undefined && now - this.#lastLoad >= LOAD_MS) this.#tellLoad(now);
    if (busy) this.#wake(this.#lagging());
  }

  /** Does something with each stream that is open; what it throws ends that stream. */
  #eachStream(work: (entry: Entry, stream: LiveStream) => void): void {
    for (const entry of this.#entries.values()) {
      if (entry.stream === undefined) continue;
      try {
        work(entry, entry.stream);
      } catch (error) {
        this.#fail(entry.id, entry, error);
      }
    }
  }

  /** What the detectors of several streams hear next, they hear in one go. */
  #hearAhead(): void {
    if (this.#engine.hearAhead === undefined) return;
    const ahead = new Map<number, HeardAhead>();
    this.#eachStream(({ id }, stream) => {
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

  #tellTaken(now: number): void {
    this.#lastTaken = now;
    const ids: number[] = [];
    const bytes: number[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.taken === 0) continue;
      ids.push(entry.id);
      bytes.push(entry.taken);
      entry.taken = 0;
    }
    if (ids.length > 0) this.#send({ type: 'taken', ids, bytes });
  }

  /** Has somebody sent more than a tick takes, and the engine done all it was given? Then nothing is gained by waiting. */
  #lagging(): boolean {
    for (const { inbox, stream } of this.#entries.values())
      if (!inbox.empty && stream?.hungry === true) return true;
    return false;
  }

  /** Returns true while marks wait. */
  #answerMarks(): boolean {
    if (this.#marked === 0) return false;
    for (const entry of this.#entries.values()) {
      const { id, inbox, marks, stream } = entry;
      if (marks === 0 || !inbox.empty || stream?.settled !== true) continue;
      this.#send({ type: 'marked', id, marks });
      entry.marks = 0;
      this.#marked--;
    }
    return this.#marked > 0;
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
