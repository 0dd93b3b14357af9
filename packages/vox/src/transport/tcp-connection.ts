/** One connection of a TCP listener. */
import type { Socket } from 'node:net';

/** How long a client may take to go after the last byte was said, in ms. */
const LINGER_MS = 2_000;
/** A client that takes nothing of what waits for it for so long is gone, in ms. */
const STUCK_MS = 30_000;

export class TcpConnection {
  readonly #socket: Socket;
  readonly #gone = new AbortController();
  #paused = false;
  #full = false;
  #closing = false;
  #stuck: NodeJS.Timeout | undefined;
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  /** Does the server owe this client an answer? Such a connection is not idle however long it takes. */
  owes: () => boolean = () => false;
  /** The server stops: ends at once unless replaced. */
  onStop: () => void = () => this.end();

  /** @param idleMs a connection on which nothing moves for so long is closed */
  constructor(socket: Socket, idleMs: number) {
    this.#socket = socket;
    socket.setTimeout(idleMs);
    socket.on('timeout', () => {
      if (!this.owes()) this.end();
      else socket.setTimeout(idleMs);
    });
    socket.on('drain', () => this.#drained());
    // Who has said its last word has gone: nobody is left for whom to work.
    socket.on('end', () => this.#leave());
    socket.on('close', () => this.#leave());
    // `close` follows.
    socket.on('error', () => {});
  }

  /** Aborts when the client is gone, whoever closed. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** It is being closed by us: nothing is read any more. */
  get closing(): boolean {
    return this.#closing;
  }

  /** @param handler gets bytes that it may keep; none after `end` */
  onBytes(handler: (bytes: Buffer) => void): void {
    this.#socket.on('data', (bytes: Buffer) => {
      if (!this.#closing) handler(bytes);
    });
  }

  /** Stops reading: the client's own buffers fill, and its writes wait. */
  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#full) this.#socket.resume();
  }

  /**
   * Sends, in one packet where it fits. While too much waits to be taken, the client is not read either: who asks without
   * reading answers is kept waiting.
   * @returns nothing, or a promise that resolves when there is room for more or the client is gone
   */
  write(parts: readonly Uint8Array[]): Promise<void> | undefined {
    if (this.#closing || this.#gone.signal.aborted) return undefined;
    this.#socket.cork();
    let room = true;
    for (const part of parts) room = this.#socket.write(part);
    this.#socket.uncork();
    if (!room && !this.#full) this.#fill();
    return this.#room?.promise;
  }

  /** Sends what waits, then closes; what the client still sends is thrown away, so that it can read our last word. Idempotent. */
  end(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#socket.end();
    this.#socket.resume();
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
  }

  /** Cuts it. Idempotent. */
  destroy(): void {
    this.#closing = true;
    this.#socket.destroy();
    this.#leave();
  }

  #fill(): void {
    this.#full = true;
    this.#socket.pause();
    let resolve = (): void => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    this.#room = { promise, resolve };
    this.#watch(this.#taken);
  }

  /** Bytes that have left for the network. */
  get #taken(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  #watch(before: number): void {
    this.#stuck = setTimeout(() => {
      if (this.#taken > before) this.#watch(this.#taken);
      else this.#socket.destroy();
    }, STUCK_MS);
  }

  #drained(): void {
    if (!this.#full) return;
    this.#full = false;
    clearTimeout(this.#stuck);
    this.#room?.resolve();
    this.#room = undefined;
    if (!this.#paused || this.#closing) this.#socket.resume();
  }

  #leave(): void {
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    clearTimeout(this.#stuck);
    this.#room?.resolve();
    this.#room = undefined;
  }
}
