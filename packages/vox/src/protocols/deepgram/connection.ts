/** One connection of `/v1/listen`: what the client sends to the session, what the session says to the client. */
import {
  type LiveEvent,
  type LiveSummary,
  liveBytesPerMs,
  VoxError,
  type Warning,
} from '@vox-speech/contract';
import type { Log } from '../../observe/index.js';
import type { LiveListener, LiveSession, Runtime } from '../../runtime/types.js';
import { Inbound, type LiveSocket, loggedError, SocketWork } from '../../transport/index.js';
import { type DeepgramSettings, liveRequest, readText } from './codec.js';
import { ContainerFeed } from './container.js';
import { closing, errorMessage, tooQuiet } from './errors.js';
import { modelIdentity, newIdentity } from './identity.js';
import * as render from './render.js';
import type { LiveParameters } from './schema.js';
import { UtteranceEnds } from './utterance-end.js';
import { holdsWords } from './words.js';

export interface ConnectionContext {
  readonly runtime: Pick<Runtime, 'listen' | 'decodeStream'>;
  readonly settings: DeepgramSettings;
  readonly log: Log;
}

/** What a timer can wait, 24.8 days in ms; one that is told to wait longer does not wait at all. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Event<T extends LiveEvent['type']> = Extract<LiveEvent, { type: T }>;

export class ListenConnection implements LiveListener {
  readonly #socket: LiveSocket;
  readonly #context: ConnectionContext;
  readonly #parameters: LiveParameters;
  readonly #identity = newIdentity();
  readonly #work: SocketWork;
  readonly #inbound: Inbound<string | Uint8Array>;
  readonly #container: ContainerFeed | undefined;
  readonly #ends: UtteranceEnds;
  readonly #bytesPerMs: number;
  /** Not told yet; then every one of the stream. */
  #news: Warning[];
  readonly #warnings: Warning[];
  #opening: Promise<LiveSession> | undefined;
  #session: LiveSession | undefined;
  #spoken: render.Spoken | undefined;
  #bytes = 0;
  #lastInterim = '';
  #closing = false;
  #resume: () => void = () => {};

  constructor(socket: LiveSocket, parameters: LiveParameters, context: ConnectionContext) {
    this.#socket = socket;
    this.#work = new SocketWork(socket);
    this.#parameters = parameters;
    this.#context = context;
    this.#news = [...parameters.warnings];
    this.#warnings = [...parameters.warnings];
    this.#ends = new UtteranceEnds(parameters.utteranceEndMs ?? Number.POSITIVE_INFINITY);
    const { encoding, sampleRate } = parameters;
    this.#bytesPerMs = liveBytesPerMs({
      sampleRate,
      encoding: encoding === 'container' ? 'pcm16' : encoding,
    });
    this.#container =
      encoding === 'container'
        ? new ContainerFeed(context.runtime, (pcm) => this.#hear(pcm), this.#work.signal)
        : undefined;
    this.#inbound = new Inbound(socket, {
      signal: this.#work.signal,
      size: ({ length }) => length,
      handle: (data) => this.#handle(data),
      failed: (error) => this.#fail(error),
    });
  }

  /** Resolves once the session is open or refused; never rejects. */
  async start(): Promise<void> {
    this.#work.signal.addEventListener('abort', () => this.#resume(), { once: true });
    this.#opening = this.#context.runtime.listen(
      liveRequest(this.#parameters, this.#context.settings, this.#work.signal),
      this,
    );
    this.#socket.onMessage((data) => {
      this.#waitForMore();
      this.#inbound.push(data);
    });
    this.#waitForMore();
    try {
      const session = await this.#opening;
      this.#session = session;
      this.#spoken = {
        identity: this.#identity,
        model: modelIdentity(session.model, session.info.family),
        parameters: this.#parameters,
      };
      const { model } = session;
      this.#context.log.info({ request: this.#identity.requestId, model }, 'a Deepgram stream is open');
    } catch (error) {
      this.#fail(error);
    }
  }

  onEvent(event: LiveEvent): void {
    if (this.#work.over) return;
    switch (event.type) {
      case 'speech-started':
        this.#ends.speechStarted();
        if (this.#parameters.vadEvents) this.#send(render.speechStarted(event.atMs));
        return;
      case 'partial':
        this.#partial(event);
        return;
      case 'final':
        this.#final(event);
        return;
      case 'warning':
        this.#news.push(event.warning);
        this.#warnings.push(event.warning);
        return;
      default:
    }
  }

  onDrain(): void {
    this.#resume();
  }

  onEnd({ audioMs }: LiveSummary): void {
    if (this.#spoken !== undefined)
      this.#send(render.metadata(this.#spoken, audioMs, this.#parameters.tags, this.#warnings));
    this.#work.close(1000, '');
  }

  onError(error: Error): void {
    this.#fail(error);
  }

  async #handle(data: string | Uint8Array): Promise<void> {
    const session = this.#session ?? (await this.#opening);
    if (session === undefined || this.#closing) return;
    if (typeof data !== 'string') return data.length === 0 ? this.#end(session) : this.#audio(data);
    try {
      const type = readText(data);
      if (type === 'Finalize') session.commit();
      if (type === 'Configure') this.#send(render.configureFailure(this.#identity));
      if (type === 'CloseStream') await this.#end(session);
    } catch (error) {
      // What was not understood ends nothing.
      if (!(VoxError.is(error) && error.code === 'invalid_request')) throw error;
      this.#send(errorMessage(error));
    }
  }

  #audio(bytes: Uint8Array): Promise<void> | void {
    return this.#container === undefined ? this.#hear(bytes) : this.#container.write(bytes);
  }

  /** Samples to the session; resolves, where it returns a promise, when there is room for more. */
  #hear(bytes: Uint8Array): Promise<void> | void {
    const session = this.#session;
    if (session === undefined || this.#work.over) return;
    this.#bytes += bytes.length;
    const room = session.append(bytes);
    this.#tellEnd(session);
    if (room) return;
    return new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
  }

  async #end(session: LiveSession): Promise<void> {
    this.#closing = true;
    this.#work.sleep();
    await this.#container?.end();
    session.finish();
  }

  #tellEnd(session: LiveSession): void {
    const ended = this.#ends.heard(this.#bytes / this.#bytesPerMs - session.queuedMs);
    if (ended !== undefined) this.#send(render.utteranceEnd(ended));
  }

  #partial(event: Event<'partial'>): void {
    if (this.#spoken === undefined || !holdsWords(event.text) || event.text === this.#lastInterim) return;
    this.#lastInterim = event.text;
    // One that carries a warning is never replaced.
    const news = this.#take();
    const options = news.length === 0 ? { key: 'interim' } : {};
    this.#socket.send(JSON.stringify(render.interim(this.#spoken, event, news)), options);
  }

  #final(event: Event<'final'>): void {
    if (this.#spoken === undefined) return;
    this.#lastInterim = '';
    this.#socket.drop('interim');
    const said = holdsWords(event.text);
    const { words: _, ...rest } = event;
    const heard = said ? event : { ...rest, text: '' };
    this.#ends.final(said ? (event.words?.at(-1)?.endMs ?? event.endMs) : undefined);
    this.#send(render.final(this.#spoken, heard, this.#speechFinal(event), this.#take()));
    if (this.#session !== undefined) this.#tellEnd(this.#session);
  }

  /** An utterance that was only cut for its length goes on; one that ended in a pause ended only for who asked. */
  #speechFinal({ reason }: Event<'final'>): boolean {
    if (reason === 'silence') return this.#parameters.endpointing !== 'off';
    return reason !== 'length';
  }

  #take(): Warning[] {
    return this.#news.splice(0);
  }

  #send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  /** A client must say something now and then; what still waits to be heard counts as said. */
  #waitForMore(): void {
    const { idleMs } = this.#context.settings;
    if (!Number.isFinite(idleMs) || this.#closing) return;
    this.#work.wake(Math.min(idleMs, LONGEST_TIMER_MS), () => {
      if (this.#inbound.idle) this.#fail(tooQuiet(idleMs / 1000));
      else this.#waitForMore();
    });
  }

  /** An Error message, then the close. What was said before goes out before it. */
  #fail(thrown: unknown): void {
    if (this.#work.over) return;
    const { requestId } = this.#identity;
    const error = loggedError(thrown, requestId, this.#context.log, 'a Deepgram stream failed');
    this.#send(errorMessage(error));
    const { code, reason } = closing(error);
    this.#work.close(code, reason);
  }
}
