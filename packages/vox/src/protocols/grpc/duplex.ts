/**
 * A stream both ways as this dialect has them: messages are taken one after another, an error that can be mended is told and
 * the call goes on, any other ends it with a status of its own, and a client that does not read is let go.
 */
import { randomUUID } from 'node:crypto';
import { VoxError } from '@vox-speech/contract';
import type { GrpcDuplex } from '../../transport/grpc/index.js';
import { publicError } from '../../transport/index.js';
import { MENDABLE } from '../vox-shapes/mendable.js';
import type { Reply } from './messages.js';

/** Messages that may wait for a client that reads slowly: minutes of speech. */
const WAITING_MESSAGES = 1_000;

export interface DuplexHandler<Q> {
  /** A promise keeps the next message, and the client, waiting. */
  take(message: Q): Promise<void> | void;
  /** The client has sent all. What follows ends with `end`. */
  ended(): Promise<void>;
}

export class Duplex<Q> {
  /** Aborts at the end, however it came: everything ends then. */
  readonly signal: AbortSignal;
  readonly #stream: GrpcDuplex<Q, Reply>;
  readonly #handler: DuplexHandler<Q>;
  readonly #stop = new AbortController();
  readonly #over: Promise<void>;
  #resolve = (): void => {};
  #reject = (_: unknown): void => {};

  constructor(stream: GrpcDuplex<Q, Reply>, handler: DuplexHandler<Q>) {
    this.#stream = stream;
    this.#handler = handler;
    this.signal = AbortSignal.any([stream.signal, this.#stop.signal]);
    this.#over = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#over.catch(() => {});
    // A client that has said all and goes: nothing else would end the wait for the rest.
    stream.signal.addEventListener('abort', () => this.#reject(stream.signal.reason), { once: true });
  }

  /** Resolves at the end; rejects with what ended it. */
  async run(): Promise<void> {
    const reading = this.#read();
    reading.catch(() => {});
    try {
      // What fails in the middle ends the call though the client still speaks.
      await Promise.race([reading, this.#over]);
      await this.#over;
    } finally {
      this.#stop.abort();
    }
  }

  header(fields: Readonly<Record<string, string>>): void {
    this.#stream.header(fields);
  }

  send(message: Reply): void {
    this.#stream.send(message);
    if (this.#stream.waiting > WAITING_MESSAGES)
      this.break(new VoxError('timeout', 'the client does not read'));
  }

  drained(): Promise<void> {
    return this.#stream.drained();
  }

  /** All was said. */
  end(): void {
    this.#resolve();
  }

  /** Says what went wrong and ends the call with its status. */
  break(thrown: unknown): void {
    if (this.signal.aborted) return;
    const error = publicError(thrown, randomUUID().slice(0, 8));
    this.#stop.abort();
    this.#stream.send({ error: { message: error.message } });
    this.#reject(error);
  }

  async #read(): Promise<void> {
    for await (const message of this.#stream.messages) {
      if (isLast(message)) break;
      try {
        const handled = this.#handler.take(message);
        // No turn of the event loop is lost on what is done at once.
        if (handled !== undefined) await handled;
      } catch (error) {
        this.#tell(error);
      }
    }
    if (this.#stream.signal.aborted) throw this.#stream.signal.reason;
    await this.#handler.ended().catch((error: unknown) => this.#tell(error));
  }

  #tell(thrown: unknown): void {
    const error = VoxError.from(thrown);
    if (MENDABLE.has(error.code)) this.#stream.send({ error: { message: error.message } });
    else this.break(thrown);
  }
}

/** Half a close means the same. */
function isLast(message: unknown): boolean {
  return (message as { msg?: string }).msg === 'end_of_stream';
}
