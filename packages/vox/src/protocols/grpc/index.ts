/**
 * Vox over gRPC: every service of both generations of its clients, gRPC's own health and reflection. docs/grpc.md. Loading
 * this file loads the library, so it is imported only where gRPC is switched on.
 */
import type { Health, Log } from '../../observe/index.js';
import type { Runtime } from '../../runtime/types.js';
import { type GrpcHeaders, GrpcServer } from '../../transport/grpc/index.js';
import { registerConversation } from './conversation/index.js';
import { registerHealth } from './health.js';
import { registerLive } from './live.js';
import { registerModels } from './models.js';
import { Protos } from './proto.js';
import { REFLECTION_SERVICES, registerReflection } from './reflection.js';
import { registerSynthesis } from './synthesis.js';
import { registerTranscription } from './transcription.js';

export interface GrpcOptions {
  readonly runtime: Runtime;
  readonly log: Log;
  readonly health: Health;
  /** Folder of temporary files. */
  readonly uploadDirectory: string;
  /** Throws `unauthorized` for metadata without an accepted key. */
  readonly checkKey: (headers: GrpcHeaders) => void;
  /** PEM; absent = connections are not encrypted. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  /** On stop, running calls may finish within this time, in ms. */
  readonly graceMs?: number;
}

/** The original's largest message. */
const MESSAGE_BYTES = 64 * 1024 * 1024;
/** gRPC's own default in every language: two minutes of 16 kHz, a quarter of an hour of encoded audio. */
const STREAM_MESSAGE_BYTES = 4 * 1024 * 1024;

/** Probes, and what describes the services: the same on every machine, so no key hides it. */
const OPEN_PATHS: ReadonlySet<string> = new Set([
  '/grpc.health.v1.Health/Check',
  '/grpc.health.v1.Health/Watch',
  ...REFLECTION_SERVICES.map((service) => `/${service}/ServerReflectionInfo`),
]);

/** A server with all services, that does not listen yet. */
export function createGrpcServer({
  runtime,
  log,
  health,
  uploadDirectory,
  ...rest
}: GrpcOptions): GrpcServer {
  const { checkKey, graceMs, tls } = rest;
  const server = new GrpcServer({
    log,
    messageBytes: MESSAGE_BYTES,
    streamMessageBytes: STREAM_MESSAGE_BYTES,
    tls,
    check(path, headers) {
      try {
        checkKey(headers);
        return 'known';
      } catch (error) {
        if (OPEN_PATHS.has(path)) return 'anybody';
        throw error;
      }
    },
    ...(graceMs === undefined ? {} : { graceMs }),
  });
  const protos = new Protos();
  registerModels(server, protos, { runtime, health });
  registerTranscription(server, protos, { runtime, uploadDirectory });
  registerSynthesis(server, protos, { runtime, uploadDirectory });
  registerLive(server, protos, runtime);
  registerConversation(server, protos, runtime);
  registerHealth(server, protos, health);
  registerReflection(server, protos);
  return server;
}
