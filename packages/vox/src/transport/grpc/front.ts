/** What every call passes before its handler: the key, the end of the server, room for its message. All before a byte of it is read. */
import {
  type Metadata,
  type Responder,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { VoxError } from '@vox-speech/contract';
import type { Log } from '../../observe/index.js';
import type { Intake } from './intake.js';
import { CODE_KEY, statusOf } from './status.js';
import { StreamIntake } from './stream-intake.js';

/** Metadata as headers; of one that is given twice, the first. */
export type GrpcHeaders = Readonly<Record<string, string | undefined>>;

/** `known`: with a key, where one is asked for. `anybody`: without one, to what needs none. */
export type Caller = 'known' | 'anybody';

export interface FrontOptions {
  readonly log: Log;
  readonly intake: Intake;
  /** Throws a VoxError for a call that is not let in. */
  readonly check: (path: string, headers: GrpcHeaders) => Caller;
  readonly draining: () => boolean;
  readonly anybody: AnybodyLimits;
  /** Bytes of one message of a stream. */
  readonly streamMessageBytes: number;
}

/** What callers without a key may hold, all of them together: each call may fill a message of the largest size. */
export interface AnybodyLimits {
  readonly calls: number;
  /** Longest life of such a call, in ms. */
  readonly lifeMs: number;
}

/** The interceptor of all calls. */
export function front({
  log,
  intake,
  check,
  draining,
  anybody,
  streamMessageBytes,
}: FrontOptions): ServerInterceptor {
  let strangers = 0;
  const admitStranger = (refuse: (error: unknown) => void): (() => void) => {
    if (strangers >= anybody.calls)
      throw new VoxError('overloaded', 'too many calls without a key', { retryAfter: 1 });
    strangers++;
    const late = new VoxError('timeout', `a call without a key ends after ${anybody.lifeMs / 1000} s`);
    const timer = setTimeout(refuse, anybody.lifeMs, late).unref();
    return once(() => {
      strangers--;
      clearTimeout(timer);
    });
  };
  return ({ path, requestStream }, call) => {
    const refuse = (error: unknown): void => {
      const status = statusOf(error, path, log);
      log.info({ status: String(status.metadata.get(CODE_KEY)[0]) }, `gRPC ${path}`);
      call.sendStatus(status);
    };
    let arrived = (): void => {};
    let left = (): void => {};
    const responder: Responder = {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, pass) {
            try {
              if (draining())
                throw new VoxError('shutting_down', 'the server is stopping', { retryAfter: 5 });
              const stranger = check(path, headersOf(metadata)) === 'anybody';
              if (stream !== undefined) stream.begin(metadata, streamMessageBytes);
              if (stranger) left = admitStranger(refuse);
              else if (stream === undefined) {
                arrived = intake.take(() => pass(metadata), refuse);
                return;
              }
              pass(metadata);
            } catch (error) {
              refuse(error);
            }
          },
          onReceiveMessage(message, pass) {
            stream?.hold();
            pass(message);
          },
          onReceiveHalfClose(pass) {
            arrived();
            pass();
          },
          // Called at the end of every call. The handler hears of it all the same.
          onCancel() {
            arrived();
            left();
          },
        }),
    };
    const below = call as ServerInterceptingCallInterface;
    const stream = requestStream ? new StreamIntake(below, responder) : undefined;
    return stream ?? new ServerInterceptingCall(below, responder);
  };
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}

function headersOf(metadata: Metadata): GrpcHeaders {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, String(value)]));
}
