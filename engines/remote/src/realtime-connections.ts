/**
 * WebSockets to `/v1/realtime`. One carries one generation at a time; when that has ended well the next one may use it, so
 * that an utterance needs no handshake. One that is broken off is never used again: what it still says belongs to nobody.
 */
import type { Upstream } from '@vox-speech/contract';
import { WebSocket } from 'ws';
import { type RealtimeEvent, readEvent, sessionUpdate } from './realtime-wire.js';

/** A TCP and WebSocket handshake in ms. */
const HANDSHAKE_MS = 5_000;
/** Connections to one upstream that wait for work, and how long in ms. */
const MAX_IDLE = 8;
const IDLE_MS = 30_000;
/** A transcript of an hour is 60 kB. */
const MAX_MESSAGE = 4 * 2 ** 20;
/** Bytes that may wait in a socket before its stream is told to wait (10 s of audio). */
const FULL_BYTES = 2 ** 19;

export interface ConnectionUser {
  /** The upstream knows the model; audio may come. */
  ready(): void;
  event(event: RealtimeEvent): void;
  /** The connection is gone, and why. */
  lost(why: string): void;
  drained(): void;
}

export class RealtimeConnection {
  readonly upstream: Upstream;
  readonly #socket: WebSocket;
  #user: ConnectionUser | undefined;
  /** It has worked for somebody before. */
  used = false;
  #created = false;
  #full = false;
  #closed = false;
  /** When something was last heard of it, a pong too; performance.now(). */
  heardAt = performance.now();

  constructor(upstream: Upstream, served: string, onClose: (connection: RealtimeConnection) => void) {
    this.upstream = upstream;
    const { apiKey } = upstream;
    this.#socket = new WebSocket(`${upstream.url.replace(/^http/, 'ws').replace(/\/+$/, '')}/v1/realtime`, {
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: MAX_MESSAGE,
      perMessageDeflate: false,
      ...(apiKey === undefined ? {} : { headers: { authorization: `Bearer ${apiKey}` } }),
    });
    let why = 'it closed the connection';
    this.#socket.on('error', (error) => {
      why = error.message;
    });
    this.#socket.on('pong', () => {
      this.heardAt = performance.now();
    });
    this.#socket.on('message', (data) => {
      this.heardAt = performance.now();
      const event = readEvent(String(data));
      if (event.type !== 'created') this.#user?.event(event);
      else if (!this.#created) {
        this.#created = true;
        this.#socket.send(sessionUpdate(served));
        this.#user?.ready();
      }
    });
    this.#socket.on('close', (code) => {
      this.#closed = true;
      onClose(this);
      this.#user?.lost(code === 1006 || code === 1005 ? why : `it closed the connection with ${code}`);
    });
  }

  /** Works for somebody from now on, or for nobody. `ready` is called at once where it is. */
  use(user: ConnectionUser | undefined): void {
    this.#user = user;
    // While it had nothing to do it was not asked whether it lives.
    this.heardAt = performance.now();
    if (user !== undefined && this.#created) user.ready();
  }

  /** False when enough waits to be sent; `drained` follows. */
  send(frame: string): boolean {
    if (this.#closed) return true;
    this.#socket.send(frame, () => {
      if (!this.#full || this.#socket.bufferedAmount > FULL_BYTES / 2) return;
      this.#full = false;
      this.#user?.drained();
    });
    if (this.#socket.bufferedAmount > FULL_BYTES) this.#full = true;
    return !this.#full;
  }

  ping(): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  /** Ends it now: the generation there ends with it. */
  destroy(): void {
    this.#user = undefined;
    this.#socket.terminate();
  }
}

/** Of one model. */
export class RealtimeConnections {
  readonly #served: string;
  readonly #idle = new Map<RealtimeConnection, NodeJS.Timeout>();

  /** @param served name of the model at the upstreams */
  constructor(served: string) {
    this.#served = served;
  }

  /** One to this upstream, used before or new. */
  open(upstream: Upstream): RealtimeConnection {
    for (const [connection, timer] of this.#idle) {
      if (connection.upstream.url !== upstream.url) continue;
      clearTimeout(timer);
      this.#idle.delete(connection);
      return connection;
    }
    return new RealtimeConnection(upstream, this.#served, (closed) => this.#forget(closed));
  }

  /** Its generation has ended well. */
  giveBack(connection: RealtimeConnection): void {
    connection.use(undefined);
    connection.used = true;
    if (this.#idle.size >= MAX_IDLE) {
      connection.destroy();
      return;
    }
    const timer = setTimeout(() => {
      this.#idle.delete(connection);
      connection.destroy();
    }, IDLE_MS);
    this.#idle.set(connection, timer.unref());
  }

  /** Closes those that wait for work. */
  close(): void {
    for (const [connection, timer] of this.#idle) {
      clearTimeout(timer);
      connection.destroy();
    }
    this.#idle.clear();
  }

  #forget(connection: RealtimeConnection): void {
    clearTimeout(this.#idle.get(connection));
    this.#idle.delete(connection);
  }
}
