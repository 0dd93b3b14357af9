/** From handlers to the library's calls: messages, back-pressure, cancelling, statuses. */
import type { Readable } from 'node:stream';
import {
  Metadata,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type StatusObject,
  type sendUnaryData,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { VoxError } from '@vox-speech/contract';
import { race } from '../signal.js';
import { abortable } from '../stream.js';
import { releaseMessage } from './stream-intake.js';
import type { GrpcContext, GrpcDuplex, GrpcHandler } from './types.js';

/** What calls of every kind have. */
interface AnyCall {
  readonly cancelled: boolean;
  once(event: 'cancelled', listener: () => void): unknown;
  sendMetadata(metadata: Metadata): void;
}

export interface CallSettings {
  /** Aborts when the server begins to stop. */
  readonly stopping: AbortSignal;
  /** A call has begun; `abort` ends it now. The function it returns is called at its end, with its status where it is not OK. */
  readonly begin: (path: string, abort: (reason: VoxError) => void) => (failed?: StatusObject) => void;
  readonly statusOf: (thrown: unknown, path: string) => StatusObject;
}

/** What the library calls for each call of the method. */
export function callHandler<Q, R>(handler: GrpcHandler<Q, R>, settings: CallSettings): UntypedHandleCall {
  const { path } = handler.method;
  const begun = (call: AnyCall) => {
    const controller = new AbortController();
    const end = settings.begin(path, (reason) => controller.abort(reason));
    call.once('cancelled', () => controller.abort(new VoxError('cancelled', 'the client went away')));
    if (call.cancelled) controller.abort(new VoxError('cancelled', 'the client went away'));
    const context: GrpcContext = {
      signal: controller.signal,
      stopping: settings.stopping,
      header: (fields) => call.sendMetadata(metadataOf(fields)),
    };
    /** The status of what was thrown, unless nobody is there to be told. */
    const fail = (thrown: unknown): StatusObject => {
      const status = settings.statusOf(controller.signal.aborted ? controller.signal.reason : thrown, path);
      end(status);
      return status;
    };
    return { context, end, fail };
  };
  switch (handler.kind) {
    case 'unary':
      return async (call: ServerUnaryCall<Q, R>, answer: sendUnaryData<R>) => {
        const { context, end, fail } = begun(call);
        try {
          const message = await race(Promise.resolve(handler.handle(call.request, context)), context.signal);
          end();
          answer(null, message);
        } catch (error) {
          answer(fail(error));
        }
      };
    case 'server-stream':
      return async (call: ServerWritableStream<Q, R>) => {
        const { context, end, fail } = begun(call);
        try {
          for await (const message of abortable(handler.handle(call.request, context), context.signal))
            if (!call.write(message)) await drained(call, context.signal);
          end();
          call.end();
        } catch (error) {
          call.emit('error', fail(error));
        }
      };
    case 'duplex':
      return async (call: ServerDuplexStream<Q, R>) => {
        const { context, end, fail } = begun(call);
        const stream: GrpcDuplex<Q, R> = {
          ...context,
          messages: messagesOf(call, context.signal, () => releaseMessage(call.metadata)),
          send: (message) => void (context.signal.aborted || call.write(message)),
          drained: () => (call.writableNeedDrain ? drained(call, context.signal) : Promise.resolve()),
          get waiting() {
            return call.writableLength;
          },
        };
        try {
          await handler.handle(stream);
          end();
          call.end();
        } catch (error) {
          call.emit('error', fail(error));
        }
      };
  }
}

function drained(call: NodeJS.EventEmitter, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      call.removeListener('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    call.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/**
 * Ends, without a word, when the call does. Who stops reading may still write. Not the stream's own iterator: that one
 * destroys the stream at its first error, and the status with it.
 * @param release called when a message is done with
 */
async function* messagesOf<Q>(
  call: Readable,
  signal: AbortSignal,
  release: () => void,
): AsyncGenerator<Q, void> {
  let wake = (): void => {};
  let more = true;
  const stirred = (): void => wake();
  const ended = (): void => {
    more = false;
    wake();
  };
  call.on('readable', stirred).once('end', ended).once('close', ended);
  signal.addEventListener('abort', stirred, { once: true });
  try {
    while (!signal.aborted) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const message: Q | null = call.read();
      if (message !== null) {
        yield message;
        release();
      } else if (more) await changed;
      else return;
    }
  } finally {
    call.off('readable', stirred).off('end', ended).off('close', ended);
    signal.removeEventListener('abort', stirred);
  }
}

function metadataOf(fields: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(fields)) metadata.set(name, value);
  return metadata;
}
