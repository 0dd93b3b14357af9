/** One WebSocket of a Vox server: JSON messages and bytes, both ways. */
import { call, type Target } from './call.js';
import { VoxClientError } from './errors.js';
import { type SocketLike, standardSocket } from './socket.js';

export type StreamMessage = Readonly<Record<string, unknown>> & { readonly type: string };

/** Unsent bytes from which on `sendBytes` waits. */
const HIGH_WATER_BYTES = 256 * 1024;
/** A WebSocket doesn't tell when it has sent: it is asked this often, in ms. */
const POLL_MS = 10;

/** What was received and not read yet waits in memory: a WebSocket can't be told to wait. */
export class MessageStream {
  readonly #socket: SocketLike;
  readonly #name: string;
  readonly #received: (StreamMessage | Uint8Array)[] = [];
  #closed: { readonly code: number; readonly reason: string } | undefined;
  #failed: unknown;
  readonly #over = new AbortController();
  #wake: () => void = () => {};

  private constructor(socket: SocketLike, name: string) {
    this.#socket = socket;
    this.#name = name;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => {
      this.#received.push(typeof data === 'string' ? parse(data) : new Uint8Array(data as ArrayBuffer));
      this.#wake();
    });
    socket.addEventListener('close', ({ code, reason }) => {
      this.#closed = { code: Number(code), reason: String(reason ?? '') };
      this.#over.abort();
      this.#wake();
    });
  }

  /** Throws VoxClientError `unreachable`, the error of a server that refuses, or the signal's reason. */
  static open(target: Target, path: string, signal?: AbortSignal): Promise<MessageStream> {
    signal?.throwIfAborted();
    const url = new URL(target.baseUrl.replace(/^http/i, 'ws') + path);
    const headers: Record<string, string> = {};
    if (target.apiKey !== undefined) headers.authorization = `Bearer ${target.apiKey}`;
    const socket = (target.openSocket ?? standardSocket)(url.href, headers);
    const stream = new MessageStream(socket, url.origin);
    return new Promise((resolve, reject) => {
      const abort = () => {
        stream.fail(signal?.reason);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      let opened = false;
      let told = false;
      const refused = async (reason: string): Promise<void> => {
        if (opened || told || signal?.aborted === true) return;
        told = true;
        const silent = target.openSocket === undefined;
        reject(await (silent ? stream.#refusedSilently(target, signal) : stream.#refused(reason)));
      };
      socket.addEventListener('open', () => {
        opened = true;
        resolve(stream);
      });
      socket.addEventListener('error', ({ message }) => void refused(String(message ?? '')));
      socket.addEventListener('close', () => {
        void refused('').finally(() => signal?.removeEventListener('abort', abort));
      });
    });
  }

  send(message: StreamMessage): void {
    this.#socket.send(JSON.stringify(message));
  }

  /** Resolves when more may be sent. */
  async sendBytes(bytes: Uint8Array): Promise<void> {
    if (this.over.aborted) return;
    this.#socket.send(bytes);
    while (!this.over.aborted && this.#socket.bufferedAmount > HIGH_WATER_BYTES)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }

  /**
   * The next message or bytes; undefined when the server has said all. Throws the error that the server tells, and
   * `broken_answer` when the connection breaks.
   */
  async next(): Promise<StreamMessage | Uint8Array | undefined> {
    for (;;) {
      if (this.#failed !== undefined) throw this.#failed;
      const message = this.#received.shift();
      if (message !== undefined) {
        if (!(message instanceof Uint8Array) && message.type === 'error') throw told(message);
        return message;
      }
      if (this.#closed?.code === 1000) return undefined;
      if (this.#closed !== undefined) {
        const { code, reason } = this.#closed;
        throw new VoxClientError(
          `the stream of ${this.#name} was cut short (${reason === '' ? code : `${code}: ${reason}`})`,
          { status: 200, code: 'broken_answer' },
        );
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Closes, and has `next` throw this. */
  fail(error: unknown): void {
    this.#failed ??= error;
    this.#wake();
    this.close();
  }

  /** The server stops what it does for this stream. Idempotent. */
  close(): void {
    this.#over.abort();
    this.#socket.close();
  }

  /** Aborted once nothing more can be sent: closed by either side, or failed. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /**
   * Of a standard WebSocket, which never says why it was refused: the same server is asked over HTTP, which does
   * (a wrong key, a page that may not ask, no server).
   */
  async #refusedSilently(target: Target, signal: AbortSignal | undefined): Promise<unknown> {
    try {
      await (await call(target, { method: 'GET', path: '/v1/models', signal })).body?.cancel();
    } catch (error) {
      return error;
    }
    return new VoxClientError(`${this.#name} answers, but refused the stream: does it know this address?`, {
      status: 0,
      code: 'broken_answer',
    });
  }

  /** Of a socket that never opened. */
  #refused(reason: string): VoxClientError {
    const status = Number(/response: (\d{3})/.exec(reason)?.[1] ?? 0);
    if (status === 401)
      return new VoxClientError('missing or invalid API key', { status, code: 'unauthorized' });
    if (status !== 0)
      return new VoxClientError(`${this.#name} refused the stream with ${status}: is it a Vox server?`, {
        status,
        code: 'broken_answer',
      });
    const why = reason === '' ? '' : ` (${reason})`;
    return new VoxClientError(
      `cannot connect to Vox server at ${this.#name}${why}\nStart the server with: vox serve`,
      { status: 0, code: 'unreachable' },
    );
  }
}

function parse(text: string): StreamMessage {
  try {
    return JSON.parse(text) as StreamMessage;
  } catch {
    return { type: 'error', code: 'broken_answer', message: 'the server sent a message that is not JSON' };
  }
}

function told({ message, code, retry_after }: StreamMessage): VoxClientError {
  return new VoxClientError(String(message), {
    status: 200,
    code: typeof code === 'string' ? code : 'internal',
    retryAfter: typeof retry_after === 'number' ? retry_after : undefined,
  });
}
