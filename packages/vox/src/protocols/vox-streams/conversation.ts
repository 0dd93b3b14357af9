/** What the three streams have in common: configuration first, messages one after another, errors that leave the connection open. */
import { randomUUID } from 'node:crypto';
import { ERRORS, VoxError } from '@vox-speech/contract';
import type { Log } from '../../observe/index.js';
import { Inbound, type LiveSocket, loggedError } from '../../transport/index.js';
import { MENDABLE } from '../vox-shapes/mendable.js';
import { parseMessage, type TextMessage } from './codec.js';
import { errorMessage, type Message } from './render.js';

/** What a configured stream does with what comes. A promise keeps the next message, and the client, waiting. */
export interface Stream {
  readonly text?: (message: TextMessage) => void;
  readonly audio?: (bytes: Uint8Array) => Promise<void> | void;
  end(): Promise<void> | void;
}

export interface Channel {
  /** Aborts when the client is gone or has cancelled: everything ends then. */
  readonly signal: AbortSignal;
  send(message: Message): void;
  /** Resolves when the bytes have left, or nobody is there to read them. */
  sendBytes(bytes: Uint8Array): Promise<void>;
  /** All was said. */
  done(): void;
  /** Says what went wrong and closes. */
  fail(error: unknown): void;
}

export interface ConversationOptions {
  /** What a client sends before its configuration, in the message that refuses it: `audio`. */
  readonly wants: string;
  readonly log: Log;
  /** Begins the work; what it throws is told to the client. */
  open(config: TextMessage, channel: Channel): Promise<Stream>;
}

/** Messages that may wait for a client that reads slowly: minutes of speech. */
const WAITING_MESSAGES = 1_000;

/** Holds a conversation until the socket closes. */
export function converse(socket: LiveSocket, options: ConversationOptions): void {
  new Conversation(socket, options);
}

class Conversation implements Channel {
  readonly signal: AbortSignal;
  readonly #socket: LiveSocket;
  readonly #options: ConversationOptions;
  readonly #cancelled = new AbortController();
  readonly #inbound: Inbound<string | Uint8Array>;
  #stream: Stream | undefined;
  #ended = false;

  constructor(socket: LiveSocket, options: ConversationOptions) {
    this.#socket = socket;
    this.#options = options;
    this.signal = AbortSignal.any([socket.signal, this.#cancelled.signal]);
    this.#inbound = new Inbound(socket, {
      signal: this.signal,
      size: ({ length }) => length,
      handle: (data) => (typeof data === 'string' ? this.#text(data) : this.#audio(data)),
      failed: (error) => {
        if (!this.signal.aborted) this.#tell(error);
      },
    });
    socket.onStuck = () => this.#stuck();
    socket.onMessage((data) => this.#receive(data));
  }

  send(message: Message): void {
    this.#socket.send(JSON.stringify(message));
    if (message.type !== 'error' && this.#socket.waiting > WAITING_MESSAGES) this.#stuck();
  }

  sendBytes(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#socket.send(bytes, { done: resolve }));
  }

  done(): void {
    this.#close(1000, 'done');
  }

  fail(thrown: unknown): void {
    if (this.signal.aborted) return;
    const error = this.#tell(thrown);
    this.#close(ERRORS[error.code].ws, error.message);
  }

  #receive(data: string | Uint8Array): void {
    if (this.signal.aborted) return;
    // A text is parsed twice only while others wait before it; a cancel must not.
    if (typeof data === 'string' && data.length < 100 && isCancel(data)) {
      this.#close(1000, 'cancelled');
      return;
    }
    this.#inbound.push(data);
  }

  #text(data: string): Promise<void> | void {
    const message = parseMessage(data);
    if (message.type === 'config') return this.#configure(message);
    const stream = this.#configured();
    if (message.type === 'end') {
      if (this.#ended) return;
      this.#ended = true;
      return stream.end();
    }
    if (message.type !== 'text' || stream.text === undefined)
      throw new VoxError('invalid_request', `Unknown message type: ${message.type.slice(0, 60)}`);
    if (!this.#ended) stream.text(message);
  }

  #audio(bytes: Uint8Array): Promise<void> | void {
    const stream = this.#configured();
    if (stream.audio === undefined)
      throw new VoxError(
        'invalid_request',
        'Binary messages are not taken here: send {"type":"text","text":"..."}',
      );
    if (!this.#ended) return stream.audio(bytes);
  }

  #configured(): Stream {
    if (this.#stream !== undefined) return this.#stream;
    throw new VoxError(
      'invalid_request',
      `Configuration message required before ${this.#options.wants}: send {"type":"config","model":"..."} first`,
    );
  }

  async #configure(message: TextMessage): Promise<void> {
    if (this.#stream !== undefined)
      throw new VoxError('invalid_request', 'This connection is configured; open another one to change it');
    try {
      this.#stream = await this.#options.open(message, this);
    } catch (error) {
      if (VoxError.is(error) && MENDABLE.has(error.code)) throw error;
      this.fail(error);
    }
  }

  #tell(thrown: unknown): VoxError {
    const error = loggedError(thrown, randomUUID().slice(0, 8), this.#options.log, 'a stream failed');
    this.send(errorMessage(error));
    return error;
  }

  /** What was said so far goes out before the error. */
  #stuck(): void {
    this.fail(new VoxError('timeout', 'the client does not read'));
  }

  #close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    // Whatever still works for this client ends now, not when the client has answered.
    this.#cancelled.abort();
  }
}

function isCancel(text: string): boolean {
  try {
    return parseMessage(text).type === 'cancel';
  } catch {
    return false;
  }
}
