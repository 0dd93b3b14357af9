/**
 * What a stream that comes in may hold: one message, much smaller than an upload, until its handler is done with it. The
 * library takes one limit for every method, and reads sixteen messages ahead of a handler.
 */
import {
  type Metadata,
  type Responder,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
} from '@grpc/grpc-js';
import { VoxError } from '@vox-speech/contract';

/** Calls by their metadata: all that an interceptor and a handler both get to see. */
const calls = new WeakMap<Metadata, StreamIntake>();

/** A call whose messages are read one at a time. */
export class StreamIntake extends ServerInterceptingCall {
  readonly #call: ServerInterceptingCallInterface;
  #held = false;
  #wanted = false;

  constructor(call: ServerInterceptingCallInterface, responder: Responder) {
    super(call, responder);
    this.#call = call;
  }

  /**
   * Before its metadata goes on to the handler.
   * @param messageBytes of one message; a larger one ends the call with RESOURCE_EXHAUSTED
   * @throws VoxError `internal` where the library is another one than this was written for
   */
  begin(metadata: Metadata, messageBytes: number): void {
    limitMessages(this.#call, messageBytes);
    calls.set(metadata, this);
  }

  override startRead(): void {
    if (this.#held) this.#wanted = true;
    else super.startRead();
  }

  /** A message goes to the handler. */
  hold(): void {
    this.#held = true;
  }

  /** The handler is done with it. */
  release(): void {
    this.#held = false;
    if (!this.#wanted) return;
    this.#wanted = false;
    super.startRead();
  }
}

/** The handler of the call with this metadata is done with a message: the next one may come. */
export function releaseMessage(metadata: Metadata): void {
  calls.get(metadata)?.release();
}

/** The library keeps its limit in each call, in two fields of its own: grpc-js 1.14, pinned exactly. */
function limitMessages(call: ServerInterceptingCallInterface, bytes: number): void {
  const own = call as unknown as {
    maxReceiveMessageSize?: unknown;
    decoder?: { maxReadMessageLength?: unknown };
  };
  if (typeof own.maxReceiveMessageSize !== 'number' || typeof own.decoder?.maxReadMessageLength !== 'number')
    throw new VoxError(
      'internal',
      'this version of @grpc/grpc-js keeps the limit of a message elsewhere; install the one that vox pins',
    );
  own.maxReceiveMessageSize = bytes;
  own.decoder.maxReadMessageLength = bytes;
}
