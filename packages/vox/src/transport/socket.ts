/**
 * A WebSocket with a bounded way out: interim messages replace each other while the reader is slow, others wait, and a
 * reader that takes nothing for too long is told to go.
 */
import type { RawData, WebSocket } from 'ws';

/** Bytes in the system's and the library's buffers from which on messages wait here. */
const HIGH_WATER_BYTES = 256 * 1024;
/** A reader that takes nothing for so long while something waits is stuck, in ms. */
const STUCK_MS = 10_000;
/** How long a close may take, in ms; then the connection is cut. */
const CLOSE_MS = 2_000;
const POLL_MS = 20;
/** Bytes of text beyond which making a string of it is felt by everybody else: it takes a millisecond a MiB. */
const LONG_TEXT_BYTES = 64 * 1024;
/** How often a client that is kept waiting is asked whether it is there, in ms. */
const PING_MS = 50;
/** A client from which nothing came for one to two such times, no answer to a ping either, is gone, in ms. */
const KEEP_ALIVE_MS = 30_000;

interface Waiting {
  readonly data: string | Uint8Array;
  /** Of the same key only the latest is kept. */
  readonly key: string | undefined;
  readonly done: (() => void) | undefined;
}

export class LiveSocket {
  readonly #ws: WebSocket;
  readonly #gone = new AbortController();
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #pings: NodeJS.Timeout | undefined;
  #stuckSince: number | undefined;
  #lastBuffered = 0;
  #closing = false;
  #closeCode = 1006;
  /** Called when the reader is stuck; closes with 1011 unless replaced. */
  onStuck: () => void = () => this.close(1011, 'the client does not read');

  /** @param keepAliveMs how long a client may be silent before it is asked whether it is there, and then before it is cut off */
  constructor(ws: WebSocket, keepAliveMs = KEEP_ALIVE_MS) {
    this.#ws = ws;
    let heard = true;
    const hear = (): void => {
      heard = true;
    };
    ws.on('message', hear);
    ws.on('pong', hear);
    const keepAlive = setInterval(() => {
      if (!heard && this.#pings === undefined) return ws.terminate();
      heard = false;
      ws.ping();
    }, keepAliveMs);
    ws.on('close', (code) => {
      this.#closeCode = code;
      clearTimeout(this.#timer);
      clearInterval(this.#pings);
      clearInterval(keepAlive);
      this.#gone.abort();
      for (const { done } of this.#waiting.splice(0)) done?.();
    });
    // `close` follows and says the code.
    ws.on('error', () => {});
  }

  /** Aborts when the socket is gone, whoever closed it. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Of the close; 1006 until then. */
  get closeCode(): number {
    return this.#closeCode;
  }

  /** Messages that wait here. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * @param handler gets text as a string, binary as bytes that it may keep
   * @param onLong gets text of more than 64 KiB, as the UTF-8 that it is, in place of `handler`
   */
  onMessage(handler: (data: string | Uint8Array) => void, onLong?: (utf8: Buffer) => void): void {
    this.#ws.on('message', (data: RawData, isBinary) => {
      if (this.#closing) return;
      const bytes = bytesOf(data);
      if (!isBinary && onLong !== undefined && bytes.length > LONG_TEXT_BYTES) onLong(bytes);
      else handler(isBinary ? bytes : bytes.toString('utf8'));
    });
  }

  /** Stops reading: the client's own buffers fill, and its sends wait. */
  pause(): void {
    this.#ws.pause();
    // Whoever doesn't read isn't told of the end either: a client that is gone shows when it is written to.
    this.#pings ??= setInterval(() => this.#ws.ping(), PING_MS);
  }

  resume(): void {
    clearInterval(this.#pings);
    this.#pings = undefined;
    this.#ws.resume();
  }

  /**
   * Sends, in order. With a `key`, it takes the place of a message of that key that still waits.
   * @param done called once it has left for the network, or the socket is gone
   */
  send(data: string | Uint8Array, options: { key?: string; done?: () => void } = {}): void {
    if (this.#closing || this.#ws.readyState !== this.#ws.OPEN) {
      options.done?.();
      return;
    }
    const entry = { data, key: options.key, done: options.done };
    const at = entry.key === undefined ? -1 : this.#waiting.findIndex(({ key }) => key === entry.key);
    if (at >= 0) this.#waiting[at] = entry;
    else this.#waiting.push(entry);
    this.#pump();
  }

  /** Drops what waits under a key; its `done` is not called. False where nothing did. */
  drop(key: string): boolean {
    const at = this.#waiting.findIndex((entry) => entry.key === key);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }

  /** Sends what waits, then closes. Idempotent. */
  close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    for (const { data, done } of this.#waiting.splice(0)) this.#ws.send(data, () => done?.());
    clearTimeout(this.#timer);
    // A reason may have 123 bytes.
    this.resume();
    this.#ws.close(code, Buffer.from(reason).subarray(0, 120).toString('utf8').replace(/�$/, ''));
    setTimeout(() => this.#ws.terminate(), CLOSE_MS).unref();
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#ws.bufferedAmount < HIGH_WATER_BYTES) {
      const entry = this.#waiting.shift();
      if (entry) this.#ws.send(entry.data, () => entry.done?.());
    }
    if (this.#waiting.length === 0) {
      this.#stuckSince = undefined;
      return;
    }
    const buffered = this.#ws.bufferedAmount;
    if (buffered < this.#lastBuffered) this.#stuckSince = undefined;
    this.#lastBuffered = buffered;
    this.#stuckSince ??= Date.now();
    if (Date.now() - this.#stuckSince > STUCK_MS) {
      this.onStuck();
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#pump(), POLL_MS);
  }
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
