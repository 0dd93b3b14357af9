/**
 * A live session on a model that runs elsewhere, with a second model that takes over when the first one fails: it hears
 * again what has no final yet, and what was promised of it stands. The client is told by a warning, and nothing else changes.
 */
import {
  type LiveEvent,
  type LiveOptions,
  type LiveSummary,
  type ModelInfo,
  VoxError,
} from '@vox-speech/contract';
import { RecentAudio } from './recent-audio.js';
import { Progress, TakenOver } from './taken-over.js';
import type { LiveListener, LiveRequest, LiveSession } from './types.js';

/** Opens a session on one of the two models. */
export type OpenSession = (listener: LiveListener) => Promise<LiveSession>;

/** Audio that may come in while the second model is loaded, in ms. */
const LOADING_MS = 30_000;

export interface FailOver {
  readonly first: OpenSession;
  /** @param againMs audio that it will be given at once, see `withRoomFor` */
  readonly second: (listener: LiveListener, againMs: number) => Promise<LiveSession>;
  /** What the client sends. */
  readonly audio: Pick<LiveOptions, 'sampleRate' | 'encoding'>;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** The request, with a queue that takes so much more (ms), in pieces of any size: what is said again is no backlog to drop. */
export function withRoomFor(againMs: number, request: LiveRequest): LiveRequest {
  if (againMs === 0) return request;
  const { queueFrames: _, ...others } = request;
  return { ...others, queueMs: request.queueMs + againMs };
}

/** Opens it. Rejects as `first` does, unless the upstream is at fault: then it begins on the second model. */
export async function openWithFailOver(options: FailOver, listener: LiveListener): Promise<LiveSession> {
  const session = new FailOverSession(options, listener);
  await session.open();
  return session;
}

const upstreamFault = (error: unknown): error is VoxError =>
  VoxError.is(error) && error.code.startsWith('upstream_');

class FailOverSession implements LiveSession {
  readonly #options: FailOver;
  readonly #listener: LiveListener;
  readonly #recent: RecentAudio;
  readonly #progress = new Progress();
  #session: LiveSession | undefined;
  /** Set once the second model has taken over. */
  #taken: TakenOver | undefined;
  #switching = false;
  #offsetMs = 0;
  #waitsForDrain = false;
  #finished = false;

  constructor(options: FailOver, listener: LiveListener) {
    this.#options = options;
    this.#listener = listener;
    this.#recent = new RecentAudio(options.audio);
  }

  async open(): Promise<void> {
    try {
      this.#session = await this.#options.first(this.#first());
    } catch (error) {
      if (!upstreamFault(error)) throw error;
      this.#session = await this.#options.second(this.#second(), 0);
      this.#taken = new TakenOver(this.#progress, 0);
      this.#warn(error);
    }
  }

  get model(): string {
    return this.#session?.model ?? '';
  }

  get info(): ModelInfo {
    if (this.#session === undefined) throw new VoxError('internal', 'asked before the session was open');
    return this.#session.info;
  }

  get queuedMs(): number {
    return this.#session?.queuedMs ?? 0;
  }

  append(bytes: Uint8Array): boolean {
    if (this.#finished) return true;
    if (this.#taken === undefined) this.#recent.push(bytes);
    const room = this.#switching ? false : (this.#session?.append(bytes) ?? true);
    this.#waitsForDrain = !room;
    return room;
  }

  commit(): void {
    if (this.#finished) return;
    if (this.#taken === undefined) this.#recent.commit();
    if (!this.#switching) this.#session?.commit();
  }

  heard(): Promise<void> {
    if (this.#switching || this.#session === undefined)
      return Promise.reject(new VoxError('upstream_failed', 'another model is taking over; ask again'));
    return this.#session.heard();
  }

  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    if (!this.#switching) this.#session?.finish();
  }

  #first(): LiveListener {
    return {
      onEvent: (event) => this.#firstSays(event),
      onDrain: () => this.#drained(),
      onEnd: (summary) => this.#listener.onEnd(summary),
      onError: (error) => {
        if (upstreamFault(error)) void this.#takeOver(error);
        else this.#listener.onError(error);
      },
    };
  }

  #second(): LiveListener {
    return {
      onEvent: (event) => {
        const told = event.type === 'warning' ? event : this.#taken?.event(event);
        if (told !== undefined) this.#listener.onEvent(told);
      },
      onDrain: () => this.#drained(),
      onEnd: ({ audioMs, utterances }) => this.#listener.onEnd(this.#whole(audioMs, utterances)),
      onError: (error) => this.#listener.onError(error),
    };
  }

  #firstSays(event: LiveEvent): void {
    this.#progress.saw(event);
    if (event.type === 'final') this.#recent.settled(event.endMs, event.reason === 'commit');
    this.#listener.onEvent(event);
  }

  async #takeOver(error: VoxError): Promise<void> {
    this.#switching = true;
    const { signal, second } = this.#options;
    try {
      const session = await second(this.#second(), this.#recent.heldMs + LOADING_MS);
      if (signal.aborted) return;
      this.#session = session;
      this.#warn(error);
      // Before the audio: what is said of it is to be told from there.
      this.#offsetMs = this.#recent.startMs;
      this.#taken = new TakenOver(this.#progress, this.#offsetMs);
      this.#recent.replay(session);
      this.#switching = false;
      if (this.#finished) session.finish();
      else this.#drained();
    } catch (fault) {
      if (signal.aborted) return;
      const why = fault instanceof Error ? fault.message : String(fault);
      this.#listener.onError(
        new VoxError(error.code, `${error.message}; and the model that was to take over could not: ${why}`),
      );
    }
  }

  #drained(): void {
    if (!this.#waitsForDrain) return;
    this.#waitsForDrain = false;
    this.#listener.onDrain();
  }

  #whole(audioMs: number, utterances: number): LiveSummary {
    return {
      audioMs: Math.round(audioMs + this.#offsetMs),
      utterances: utterances + this.#progress.finals,
    };
  }

  #warn(error: VoxError): void {
    const message = `${error.message}; ${this.model} has taken over`;
    this.#listener.onEvent({ type: 'warning', warning: { type: 'other', option: 'model', message } });
  }
}
