/**
 * A gRPC server that dialects register services on: keys, limits, deadlines, statuses and a graceful end. Loading this file
 * loads the library, so it is imported only where gRPC is switched on.
 *
 * No Host or Origin is looked at: pages can't speak HTTP/2 without TLS, nor send gRPC's frames.
 */
import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type StatusObject,
  setLogVerbosity,
} from '@grpc/grpc-js';
import { VoxError } from '@vox-speech/contract';
import type { Log } from '../../observe/index.js';
import { callHandler } from './calls.js';
import { type AnybodyLimits, type Caller, front, type GrpcHeaders } from './front.js';
import { DEFAULT_INTAKE, Intake, type IntakeSettings } from './intake.js';
import { CODE_KEY, statusOf } from './status.js';
import type { GrpcHandler } from './types.js';

export type { Caller, GrpcHeaders } from './front.js';
export type { GrpcContext, GrpcDuplex, GrpcHandler, GrpcMethod } from './types.js';

// What it has to say comes to us as errors; on its own it would write to the terminal.
setLogVerbosity(logVerbosity.NONE);

export interface GrpcServerOptions {
  readonly log: Log;
  /** Throws a VoxError for a call that is not let in; before any of its message is read. */
  readonly check: (path: string, headers: GrpcHeaders) => Caller;
  /** Bytes of one message. A larger one ends its call with RESOURCE_EXHAUSTED. */
  readonly messageBytes: number;
  /** The same of one message of many: a stream holds one at a time. */
  readonly streamMessageBytes: number;
  /** PEM; absent = connections are not encrypted. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  readonly intake?: IntakeSettings;
  readonly anybody?: AnybodyLimits;
  /** On stop, running calls may finish within this time, in ms; then they are aborted. */
  readonly graceMs?: number;
}

/** Probes come every few seconds, and go. */
const DEFAULT_ANYBODY: AnybodyLimits = { calls: 32, lifeMs: 60_000 };
const DEFAULT_GRACE_MS = 10_000;
/** A call that was told to end still needs a moment to say so. */
const LAST_WORDS_MS = 500;
/** A connection whose other end has died is noticed after these, in ms. */
const KEEPALIVE = { 'grpc.keepalive_time_ms': 60_000, 'grpc.keepalive_timeout_ms': 20_000 };
/** Calls of one connection at once. */
const MAX_STREAMS = 1_000;

export class GrpcServer {
  readonly #server: Server;
  readonly #options: GrpcServerOptions;
  readonly #stopping = new AbortController();
  readonly #running = new Set<(reason: VoxError) => void>();
  #closing: Promise<void> | undefined;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    const { log, check, messageBytes, streamMessageBytes } = options;
    const { intake = DEFAULT_INTAKE, anybody = DEFAULT_ANYBODY } = options;
    this.#server = new Server({
      ...KEEPALIVE,
      'grpc.max_concurrent_streams': MAX_STREAMS,
      'grpc.max_receive_message_length': messageBytes,
      'grpc.max_send_message_length': -1,
      'grpc.enable_channelz': 0,
      interceptors: [
        front({
          log,
          check,
          anybody,
          streamMessageBytes,
          intake: new Intake(intake),
          draining: () => this.#stopping.signal.aborted,
        }),
      ],
    });
  }

  /** Registers methods, before `listen`. */
  add<Q, R>({ method, ...handler }: GrpcHandler<Q, R>): void {
    const { path, requestStream, responseStream, decode, encode } = method;
    const definition: ServiceDefinition = {
      [path]: {
        path,
        requestStream,
        responseStream,
        requestDeserialize: decode,
        responseSerialize: encode,
        // Only a client would use these two.
        requestSerialize: notHere,
        responseDeserialize: notHere,
      },
    };
    this.#server.addService(definition, {
      [path]: callHandler({ method, ...handler } as GrpcHandler<Q, R>, {
        stopping: this.#stopping.signal,
        statusOf: (thrown) => statusOf(thrown, path, this.#options.log),
        begin: (_, abort) => this.#begin(path, abort),
      }),
    });
  }

  /**
   * @param address port 0 = any free one
   * @throws VoxError `conflict` where the port can't be had, with the system's reason
   */
  async listen({ host, port }: { host: string; port: number }): Promise<{ host: string; port: number }> {
    const shown = host.includes(':') ? `[${host}]` : host;
    const bound = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(`${shown}:${port}`, credentialsOf(this.#options.tls), (error, got) => {
        if (error === null) return resolve(got);
        const message = `gRPC can't listen on ${shown}:${port}: ${error.message}; choose another port with --grpc-port`;
        reject(new VoxError('conflict', message, { param: 'grpcPort', cause: error }));
      });
    });
    return { host, port: bound };
  }

  /** Accepts nothing new, lets running calls finish up to the grace, then aborts them. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#stop(this.#options.graceMs ?? DEFAULT_GRACE_MS);
    return this.#closing;
  }

  async #stop(graceMs: number): Promise<void> {
    this.#stopping.abort(new VoxError('shutting_down', 'the server is stopping'));
    await new Promise<void>((resolve) => {
      const abort = setTimeout(() => {
        const reason = new VoxError('shutting_down', 'the server stopped');
        for (const end of [...this.#running]) end(reason);
      }, graceMs);
      // The library says nothing of a shutdown that was forced.
      const force = setTimeout(() => {
        this.#server.forceShutdown();
        resolve();
      }, graceMs + LAST_WORDS_MS);
      this.#server.tryShutdown(() => {
        clearTimeout(abort);
        clearTimeout(force);
        resolve();
      });
    });
  }

  #begin(path: string, abort: (reason: VoxError) => void): (failed?: StatusObject) => void {
    const since = performance.now();
    this.#running.add(abort);
    return (failed) => {
      if (!this.#running.delete(abort)) return;
      const code = failed === undefined ? 'ok' : String(failed.metadata.get(CODE_KEY)[0]);
      this.#options.log.info({ status: code, ms: Math.round(performance.now() - since) }, `gRPC ${path}`);
    };
  }
}

function credentialsOf(tls: GrpcServerOptions['tls']): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) };
  return ServerCredentials.createSsl(null, [pair]);
}

function notHere(): never {
  throw new VoxError('internal', 'a server has no use for this');
}
