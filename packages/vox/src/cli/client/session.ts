/** One socket of the protocol. It speaks as soon as it is open: the original never says that it is ready. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { connect } from '../web-socket.js';
import { decode, type Envelope, encode, Failure, type FailureKind, failureOf } from './envelope.js';

/** ms that connecting may take: what the original's clients give the server to be ready. */
const CONNECT_MS = 10_000;
/** ms that the server has to close after `end`. */
const CLOSE_MS = 5_000;
/** Bytes of the largest message: yap.md section 8. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
/** Characters of a message that --debug shows: audio is long and says nothing to the eye. */
const DEBUG_CHARACTERS = 240;

export interface SessionOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Model to ask for; absent = the server's, and no `session.update` is sent. */
  readonly model: string | undefined;
  /** Gets every message, both ways. */
  readonly debug: ((line: string) => void) | undefined;
  readonly signal: AbortSignal;
}

/** How a connection ended; `at` in ms. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
  readonly at: number;
}

export class Session {
  readonly id = `session-${randomUUID()}`;
  /** ms before connecting. */
  readonly began = performance.now();
  /** Settles with the end of the connection, and never rejects. */
  readonly closed: Promise<Closed>;
  /** Told of every message that is not the session's own business, with its moment in ms. */
  onMessage: ((message: Envelope, at: number) => void) | undefined;
  readonly #ws: WebSocket;
  readonly #debug: SessionOptions['debug'];
  readonly #failed = new AbortController();
  #opened = 0;
  #ready: number | undefined;
  #ending = false;

  private constructor(options: SessionOptions) {
    const limits = { maxPayload: MAX_MESSAGE_BYTES, handshakeTimeout: CONNECT_MS };
    this.#debug = options.debug;
    this.#ws = connect(options.url, options.headers, limits);
    this.#ws.on('message', (data, binary) => {
      if (!binary) this.#hear(String(data));
    });
    this.#ws.on('unexpected-response', (_request, response) => {
      response.resume();
      this.#fail(refusal(response.statusCode ?? 0));
      this.#ws.terminate();
    });
    this.#ws.on('error', (error) => this.#fail(new Failure('other', error.message)));
    this.closed = new Promise((resolve) => {
      this.#ws.on('close', (code, reason) => {
        if (!this.#ending) this.#fail(closing(code, String(reason)));
        resolve({ code, reason: String(reason), at: performance.now() });
      });
    });
  }

  /** Connects. Rejects with a Failure, or the signal's reason. */
  static async open(options: SessionOptions): Promise<Session> {
    const session = new Session(options);
    const stopped = AbortSignal.any([session.failed, options.signal]);
    try {
      await new Promise<void>((resolve, reject) => {
        session.#ws.once('open', resolve);
        stopped.addEventListener('abort', () => reject(stopped.reason), { once: true });
        if (stopped.aborted) reject(stopped.reason);
      });
    } catch (error) {
      session.abandon();
      throw error;
    }
    session.#opened = performance.now();
    if (options.model !== undefined) session.send('session.update', session.id, { model: options.model });
    return session;
  }

  /** Aborts with a Failure when nothing more can come. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** ms at which the socket was open. */
  get opened(): number {
    return this.#opened;
  }

  /** ms at which `session.created` came, if it did. */
  get ready(): number | undefined {
    return this.#ready;
  }

  send(type: string, requestId: string, payload: Readonly<Record<string, unknown>> = {}): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    const text = encode(type, this.id, requestId, payload);
    this.#tell('>>', text);
    this.#ws.send(text);
  }

  /** Says `end` and waits for the close; a server that does not close within 5 s is left. Returns how it closed, and how long it took in ms. */
  async finish(): Promise<Closed & { readonly closeMs: number }> {
    const from = performance.now();
    this.send('end', this.id);
    this.#ending = true;
    const patience = new AbortController();
    const late = sleep(CLOSE_MS, undefined, { signal: patience.signal }).then(
      () => this.#ws.terminate(),
      () => undefined,
    );
    const closed = await this.closed;
    patience.abort();
    await late;
    return { ...closed, closeMs: closed.at - from };
  }

  /** Ends it at once. */
  abandon(): void {
    this.#ending = true;
    this.#ws.terminate();
  }

  #hear(text: string): void {
    const at = performance.now();
    this.#tell('<<', text);
    const message = decode(text);
    if (message === undefined) return;
    if (message.type === 'session.created') this.#ready ??= at;
    const failure = message.type === 'error' ? failureOf(message) : undefined;
    if (failure !== undefined && failure.kind !== 'other') this.#fail(failure);
    else this.onMessage?.(message, at);
  }

  #tell(direction: string, text: string): void {
    if (this.#debug === undefined) return;
    const more = text.length > DEBUG_CHARACTERS ? `... (${text.length} characters)` : '';
    this.#debug(`${direction} ${text.slice(0, DEBUG_CHARACTERS)}${more}`);
  }

  #fail(failure: Failure): void {
    if (!this.#failed.signal.aborted) this.#failed.abort(failure);
  }
}

/** The upgrade was answered with an HTTP status. */
function refusal(status: number): Failure {
  const kinds: Readonly<Record<number, FailureKind>> = {
    401: 'key',
    403: 'key',
    429: 'capacity',
    503: 'capacity',
  };
  const hint = status === 404 ? ': it does not speak this protocol there' : '';
  return new Failure(kinds[status] ?? 'other', `the server answered ${status}${hint}`);
}

/** Close codes of yap.md section 2.4; an `error` message before the close has said more. */
function closing(code: number, reason: string): Failure {
  const kinds: Readonly<Record<number, FailureKind>> = {
    1008: 'key',
    1013: reason === '' ? 'other' : 'capacity',
  };
  return new Failure(kinds[code] ?? 'other', `the server closed the connection: ${code} ${reason}`.trim());
}
