/**
 * One utterance and the live session that hears it. The session is opened before the client begins, so that a socket holds
 * a place and the first word waits for nothing; what comes before it is open waits here.
 */
import type { LiveEvent } from '@vox-speech/contract';
import { VoxError } from '@vox-speech/contract';
import { Transcript } from '../../runtime/transcript.js';
import type { LiveListener, LiveSession, Runtime } from '../../runtime/types.js';
import { EarlyAudio } from './early-audio.js';
import type { Ids } from './envelope.js';
import { UNKNOWN } from './envelope.js';
import type { Parameters } from './parameters.js';
import * as render from './render.js';
import { liveRequest } from './request.js';
import { BYTES_PER_MS, type YapSettings } from './settings.js';

/** Whoever owns the utterance. Nothing is called once it was ended. */
export interface UtteranceOwner {
  say(utterance: Utterance, message: render.ServerMessage): void;
  /** It has its place. */
  opened(utterance: Utterance): void;
  /** There is room again after `append` said false. */
  room(utterance: Utterance): void;
  /** Its `done` was said. */
  done(utterance: Utterance): void;
  /** It can't go on, or could not begin. */
  failed(utterance: Utterance, error: unknown): void;
}

export class Utterance implements LiveListener {
  readonly parameters: Parameters;
  readonly #settings: YapSettings;
  readonly #owner: UtteranceOwner;
  readonly #stop = new AbortController();
  readonly #early: EarlyAudio;
  readonly #transcript: Transcript;
  #session: LiveSession | undefined;
  #ids: Ids = UNKNOWN;
  #bytes = 0;
  #committed = false;

  constructor(parameters: Parameters, settings: YapSettings, owner: UtteranceOwner) {
    this.parameters = parameters;
    this.#settings = settings;
    this.#owner = owner;
    this.#early = new EarlyAudio(settings);
    this.#transcript = new Transcript(parameters.language);
  }

  /** What its messages carry; `UNKNOWN` before it began. */
  get ids(): Ids {
    return this.#ids;
  }

  /** The client has begun it, or said more of it: its session id is the latest. */
  name(ids: Ids): void {
    this.#ids = ids;
  }

  /** The final commit has come; only its answer is to come. */
  get committed(): boolean {
    return this.#committed;
  }

  /** Of the audio that came in. */
  get audioMs(): number {
    return this.#bytes / BYTES_PER_MS;
  }

  /**
   * Asks for a place. Never rejects; resolves once it has one or has not.
   * @param after when the place of the one before is free
   */
  async open(runtime: Pick<Runtime, 'listen'>, after: Promise<void>): Promise<void> {
    await after;
    const { signal } = this.#stop;
    if (signal.aborted) return;
    try {
      const request = liveRequest(this.parameters, this.#settings, signal);
      const session = await runtime.listen(request, this);
      if (!signal.aborted) this.#opened(session);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** PCM16, any number of bytes. False when no more should be read until `room`. */
  append(bytes: Uint8Array): boolean {
    this.#bytes += bytes.length;
    if (this.#session !== undefined) return this.#session.append(bytes);
    const dropped = this.#early.push(bytes);
    if (dropped !== undefined) this.#dropped(dropped.fromMs, dropped.toMs);
    return this.#early.hasRoom;
  }

  /** No more audio: `final` and `done` come. Where there was none they come at once, and nothing is asked of the engine. */
  commit(): void {
    this.#committed = true;
    if (this.#bytes === 0) this.#finish();
    else this.#session?.commit();
  }

  /** Ends it at once and in silence; its place is free. Idempotent. */
  end(): void {
    this.#stop.abort();
  }

  onEvent(event: LiveEvent): void {
    if (this.#stop.signal.aborted) return;
    switch (event.type) {
      case 'partial':
        this.#token(this.#transcript.partial(event));
        return;
      case 'final':
        this.#token(this.#transcript.final(event));
        if (this.#committed && event.reason === 'commit') this.#finish();
        return;
      case 'dropped':
        this.#dropped(event.fromMs + this.#early.droppedMs, event.toMs + this.#early.droppedMs);
        return;
      case 'warning':
        this.#transcript.warn(event.warning);
        return;
      default:
    }
  }

  onDrain(): void {
    if (!this.#stop.signal.aborted) this.#owner.room(this);
  }

  onEnd(): void {
    this.onError(new VoxError('internal', 'the live session ended before its utterance'));
  }

  onError(error: Error): void {
    if (!this.#stop.signal.aborted) this.#fail(error);
  }

  #opened(session: LiveSession): void {
    this.#session = session;
    this.#owner.opened(this);
    let room = true;
    for (const bytes of this.#early.take()) room = session.append(bytes);
    if (this.#committed) session.commit();
    if (room) this.#owner.room(this);
  }

  #token(text: string): void {
    if (text !== '') this.#owner.say(this, render.token(text));
  }

  #dropped(fromMs: number, toMs: number): void {
    this.#owner.say(this, render.dropped(fromMs, toMs, this.#settings.backlogMs));
  }

  #finish(): void {
    const heard = this.#transcript.end();
    this.#owner.say(this, render.final(heard, this.audioMs, this.#early.droppedMs));
    this.#owner.say(this, render.done(heard, this.audioMs));
    this.end();
    this.#owner.done(this);
  }

  #fail(error: unknown): void {
    this.end();
    this.#owner.failed(this, error);
  }
}
