/** What a service is made of, without a word of the library that carries it. */

/** One method as the .proto describes it. */
export interface GrpcMethod<Q, R> {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  /** Throws for bytes that are no such message. */
  readonly decode: (bytes: Buffer) => Q;
  readonly encode: (message: R) => Buffer;
}

/** The circumstances of a call. */
export interface GrpcContext {
  /** Aborts when the client cancels or goes, its deadline passes, the answer is whole, or the server has stopped waiting. */
  readonly signal: AbortSignal;
  /** Aborts when the server begins to stop: what only waits ends then. */
  readonly stopping: AbortSignal;
  /** Metadata that leaves before the first message; lower-case names, ASCII values. */
  header(fields: Readonly<Record<string, string>>): void;
}

/** A stream both ways. */
export interface GrpcDuplex<Q, R> extends GrpcContext {
  /** What the client sends, until it has sent all. The next message is read when this one is done with. */
  readonly messages: AsyncIterable<Q>;
  /** Queues a message. */
  send(message: R): void;
  /** Resolves when there is room for more, or nobody reads any more. */
  drained(): Promise<void>;
  /** Messages that wait for the client to read. */
  readonly waiting: number;
}

/** A method and what answers it. What it throws becomes a status by the table of errors. */
export type GrpcHandler<Q, R> =
  | {
      readonly kind: 'unary';
      readonly method: GrpcMethod<Q, R>;
      handle(request: Q, context: GrpcContext): Promise<R> | R;
    }
  | {
      readonly kind: 'server-stream';
      readonly method: GrpcMethod<Q, R>;
      handle(request: Q, context: GrpcContext): AsyncIterable<R>;
    }
  | {
      readonly kind: 'duplex';
      readonly method: GrpcMethod<Q, R>;
      /** The call ends when it resolves. */
      handle(stream: GrpcDuplex<Q, R>): Promise<void>;
    };
