/** One live session on the server: a bounded queue, credit, and a control lane that audio can't delay or evict. */
import {
  LIVE_SAMPLE_BYTES,
  type LiveEvent,
  type LiveSummary,
  liveBytesPerMs,
  type ModelInfo,
  VoxError,
} from '@vox-speech/contract';
import type { LiveHandler, LiveRun } from '../host/live-link.js';
import { AudioQueue } from './audio-queue.js';
import type { LiveListener, LiveRequest, LiveSession } from './types.js';

/** Audio that may be on its way to the runner, in ms: enough for its ticks, little enough that a queue here can drop. */
const WINDOW_MS = 1_000;

export class ServerSession implements LiveSession, LiveHandler {
  readonly model: string;
  readonly info: ModelInfo;
  readonly #request: LiveRequest;
  readonly #listener: LiveListener;
  readonly #queue: AudioQueue;
  readonly #bytesPerMs: number;
  #run: LiveRun | undefined;
  /** Bytes sent that the runner has not taken yet. */
  #inFlight = 0;
  #full = false;
  #finished = false;
  #closed = false;
  /** Samples dropped since the last frame left. */
  #skipped = 0;
  /** Who waits to be heard, oldest first. */
  readonly #waiting: { resolve(): void; reject(error: Error): void }[] = [];
  readonly #onClose: () => void;
  #opened: (() => void) | undefined;
  #failed: (error: Error) => void = () => {};
  /** Resolves once the runner is ready for it; rejects with what ends it before. */
  readonly opened: Promise<void>;

  /** @param onClose called once, when the session is over, however it ends */
  constructor(
    model: string,
    info: ModelInfo,
    request: LiveRequest,
    listener: LiveListener,
    onClose: () => void,
  ) {
    this.model = model;
    this.info = info;
    this.#request = request;
    this.#listener = listener;
    this.#onClose = onClose;
    this.#queue = new AudioQueue(LIVE_SAMPLE_BYTES[request.options.encoding ?? 'pcm16']);
    this.#bytesPerMs = liveBytesPerMs(request.options);
    this.opened = new Promise((resolve, reject) => {
      this.#opened = resolve;
      this.#failed = reject;
    });
    // Whoever opens it waits for it; an end later on is told to the listener.
    this.opened.catch(() => {});
  }

  /** Ties the session to its stream in the runner, once. */
  start(run: LiveRun): void {
    this.#run = run;
  }

  get queuedMs(): number {
    return Math.round((this.#queue.bytes + this.#inFlight) / this.#bytesPerMs);
  }

  append(bytes: Uint8Array): boolean {
    if (this.#closed || this.#finished) return true;
    this.#queue.push(bytes);
    const window = WINDOW_MS * this.#bytesPerMs;
    this.#pump(window);
    // Nearly always: all of it has gone.
    if (this.#queue.frames === 0 && this.#inFlight <= window) this.#full = false;
    else {
      const limit = this.#limit;
      if (this.#request.overflow === 'drop-oldest') this.#drop(limit);
      this.#full = this.#queue.bytes >= limit.bytes || this.#queue.frames >= limit.frames;
    }
    return !this.#full;
  }

  commit(): void {
    if (this.#closed || this.#finished) return;
    // What waits belongs to the utterance: it goes along whatever the credit, and counts against the queue's limit.
    this.#pump(Number.POSITIVE_INFINITY);
    this.#queue.align();
    this.#run?.commit();
  }

  heard(): Promise<void> {
    if (this.#closed || this.#finished) return Promise.reject(over());
    this.#pump(Number.POSITIVE_INFINITY);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#run?.mark();
    });
  }

  finish(): void {
    if (this.#closed || this.#finished) return;
    this.#pump(Number.POSITIVE_INFINITY);
    this.#finished = true;
    this.#run?.finish();
  }

  listening(): void {
    this.#opened?.();
    this.#opened = undefined;
  }

  event(event: LiveEvent): void {
    if (!this.#closed) this.#listener.onEvent(event);
  }

  taken(bytes: number): void {
    this.#inFlight = Math.max(0, this.#inFlight - bytes);
    this.#pump(WINDOW_MS * this.#bytesPerMs);
    if (!this.#full || this.#closed) return;
    const limit = this.#limit;
    if (this.#queue.bytes > limit.bytes / 2 || this.#queue.frames > limit.frames / 2) return;
    this.#full = false;
    this.#listener.onDrain();
  }

  marked(marks: number): void {
    for (const one of this.#waiting.splice(0, marks)) one.resolve();
  }

  end(summary: LiveSummary): void {
    if (this.close()) this.#listener.onEnd(summary);
  }

  /** Of one that is not open yet, whoever opens it is told instead of the listener. */
  fail(error: Error): void {
    const opened = this.#opened === undefined;
    if (this.close(error) && opened) this.#listener.onError(error);
  }

  /** Ends it without a word to the listener; false when it had ended before. */
  close(error: Error = over()): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#failed(error);
    this.#run?.cancel();
    for (const one of this.#waiting.splice(0)) one.reject(error);
    this.#onClose();
    return true;
  }

  /** What may wait here: less where commits have pushed audio along that the runner has no room for. */
  get #limit(): { readonly bytes: number; readonly frames: number } {
    const { queueMs, queueFrames = Number.POSITIVE_INFINITY } = this.#request;
    const ahead = Math.max(0, this.#inFlight - WINDOW_MS * this.#bytesPerMs);
    return { bytes: Math.max(0, queueMs * this.#bytesPerMs - ahead), frames: queueFrames };
  }

  #pump(window: number): void {
    while (this.#queue.frames > 0 && this.#inFlight < window) {
      const frame = this.#queue.shift();
      if (frame === undefined || this.#run === undefined) return;
      if (this.#skipped > 0) {
        this.#run.skip(this.#skipped);
        this.#skipped = 0;
      }
      this.#inFlight += frame.length;
      this.#run.append(frame);
    }
  }

  #drop(limit: { bytes: number; frames: number }): void {
    const dropped = this.#queue.dropTo(limit.bytes, limit.frames);
    if (dropped === undefined) return;
    this.#skipped += dropped.to - dropped.from;
    const ms = (samples: number): number => Math.round((samples / this.#request.options.sampleRate) * 1000);
    this.#listener.onEvent({
      type: 'dropped',
      fromMs: ms(dropped.from),
      toMs: ms(dropped.to),
      frames: dropped.frames,
    });
  }
}

function over(): VoxError {
  return new VoxError('cancelled', 'the live session is over');
}
