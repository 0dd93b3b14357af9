/** One live session and the audio on its way to it. Its times are put on the clock of the whole connection. */
import { type LiveEvent, liveBytesPerMs, VoxError } from '@vox-speech/contract';
import type { LiveListener, LiveRequest, Runtime } from '../../runtime/types.js';
import type { SessionConfig } from './config.js';
import { Intake } from './intake.js';
import { liveRequest } from './request.js';

/** Nothing is called once it was closed. */
export interface ListeningOwner {
  heard(event: LiveEvent): void;
  /** There is room again after `append` said false. */
  room(): void;
  /** It can't go on, or could not begin: nothing more comes. */
  failed(error: Error, opened: boolean): void;
}

export class Listening implements LiveListener {
  readonly request: LiveRequest;
  readonly #stop = new AbortController();
  readonly #intake: Intake;
  readonly #owner: ListeningOwner;
  readonly #fromMs: number;
  readonly #bytesPerMs: number;
  #bytes = 0;
  #opened = false;
  #ended: () => void = () => {};

  /** @param fromMs of audio that the client had sent before */
  constructor(config: SessionConfig, fromMs: number, owner: ListeningOwner) {
    this.request = liveRequest(config, this.#stop.signal);
    this.#owner = owner;
    this.#fromMs = fromMs;
    this.#bytesPerMs = liveBytesPerMs(this.request.options);
    this.#intake = new Intake(() => owner.room());
  }

  /** Ms of audio that the client has sent, this session's and that of those before. */
  get sentMs(): number {
    return this.#fromMs + Math.floor(this.#bytes / this.#bytesPerMs);
  }

  /** Has it been given any audio? */
  get used(): boolean {
    return this.#bytes > 0;
  }

  /** Asks for a place. Never rejects. */
  async open(runtime: Pick<Runtime, 'listen'>): Promise<void> {
    const { signal } = this.#stop;
    try {
      const session = await runtime.listen(this.request, this);
      if (signal.aborted) return;
      this.#opened = true;
      this.#intake.open(session);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** As the client sent it. False when no more should be read until `room`. */
  append(bytes: Uint8Array): boolean {
    this.#bytes += bytes.length;
    return this.#intake.push(bytes);
  }

  commit(): void {
    this.#intake.commit();
  }

  /** Throws away what was not committed: what still waits here at once, the rest with the final that answers this. */
  clear(): void {
    this.#intake.dropUncommitted();
    this.#intake.commit();
  }

  /** No more audio; resolves when all is heard and told, or it has failed. */
  finish(): Promise<void> {
    return new Promise((resolve) => {
      this.#ended = resolve;
      this.#stop.signal.addEventListener('abort', () => resolve(), { once: true });
      this.#intake.finish();
    });
  }

  /** Ends it at once and in silence; its place is free. Idempotent. */
  close(): void {
    this.#intake.close();
    this.#stop.abort();
  }

  onEvent(event: LiveEvent): void {
    if (!this.#stop.signal.aborted) this.#owner.heard(later(event, this.#fromMs));
  }

  onDrain(): void {
    this.#intake.drained();
  }

  onEnd(): void {
    this.#ended();
  }

  onError(error: Error): void {
    this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.close();
    this.#owner.failed(VoxError.from(error), this.#opened);
  }
}

/** The same so many ms later. */
function later(event: LiveEvent, ms: number): LiveEvent {
  switch (event.type) {
    case 'speech-started':
    case 'speech-stopped':
      return { ...event, atMs: event.atMs + ms };
    case 'partial':
    case 'final':
      return { ...event, startMs: event.startMs + ms, endMs: event.endMs + ms };
    case 'dropped':
      return { ...event, fromMs: event.fromMs + ms, toMs: event.toMs + ms };
    default:
      return event;
  }
}
