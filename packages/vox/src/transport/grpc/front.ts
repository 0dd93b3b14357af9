/** What every call passes before its handler: the key, the end of the server, room for its message. All before a byte of it is read. */
import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { VoxError } from '@vox-speech/contract';
import type { Log } from '../../observe/index.js';
import type { Intake } from './intake.js';
import { CODE_KEY, statusOf } from './status.js';

/** Metadata as headers; of one that is given twice, the first. */
export type GrpcHeaders = Readonly<Record<string, string | undefined>>;

export interface FrontOptions {
  readonly log: Log;
  readonly intake: Intake;
  /** Throws a VoxError for a call that is not let in. */
  readonly check: (path: string, headers: GrpcHeaders) => void;
  readonly draining: () => boolean;
}

/** The interceptor of all calls. */
export function front({ log, intake, check, draining }: FrontOptions): ServerInterceptor {
  return ({ path, requestStream }, call) => {
    const refuse = (error: unknown): void => {
      const status = statusOf(error, path, log);
      log.info({ status: String(status.metadata.get(CODE_KEY)[0]) }, `gRPC ${path}`);
      call.sendStatus(status);
    };
    let leave = (): void => {};
    return new ServerInterceptingCall(call as ServerInterceptingCallInterface, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, pass) {
            try {
              if (draining())
                throw new VoxError('shutting_down', 'the server is stopping', { retryAfter: 5 });
              check(path, headersOf(metadata));
              if (requestStream) pass(metadata);
              else leave = intake.take(() => pass(metadata), refuse);
            } catch (error) {
              refuse(error);
            }
          },
          onReceiveHalfClose(pass) {
            leave();
            pass();
          },
          // The handler hears of it all the same.
          onCancel: () => leave(),
        }),
    });
  };
}

function headersOf(metadata: Metadata): GrpcHeaders {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, String(value)]));
}
