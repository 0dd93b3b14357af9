/** `grpc.health.v1.Health`: gRPC's own probe. Every service of a server stands and falls with it. */
import { VoxError } from '@vox-speech/contract';
import type { Health } from '../../observe/index.js';
import type { GrpcContext, GrpcServer } from '../../transport/grpc/index.js';
import type { Reply } from './messages.js';
import type { Protos } from './proto.js';

interface HealthCheckRequest {
  readonly service: string;
}

/** grpc.health.v1.HealthCheckResponse.ServingStatus */
const STATUS = { serving: 1, notServing: 2, serviceUnknown: 3 } as const;

export function registerHealth(server: GrpcServer, protos: Protos, health: Health): void {
  const known = new Set(['', ...protos.services]);
  const serving = (): number => (health.state === 'ready' ? STATUS.serving : STATUS.notServing);
  server.add({
    kind: 'unary',
    method: protos.method<HealthCheckRequest, Reply>('grpc.health.v1.Health', 'Check'),
    handle({ service }) {
      if (known.has(service)) return { status: serving() };
      throw new VoxError('not_found', `no service ${service.slice(0, 100)} here`);
    },
  });
  server.add({
    kind: 'server-stream',
    method: protos.method<HealthCheckRequest, Reply>('grpc.health.v1.Health', 'Watch'),
    handle: ({ service }, context) =>
      watch(health, context, () => (known.has(service) ? serving() : STATUS.serviceUnknown)),
  });
}

/** The state now and after each change, until the client has seen enough or the server stops. */
async function* watch(
  health: Health,
  { signal, stopping }: GrpcContext,
  statusNow: () => number,
): AsyncGenerator<Reply, void> {
  let wake = (): void => {};
  const stop = health.watch(() => wake());
  const ended = AbortSignal.any([signal, stopping]);
  ended.addEventListener('abort', () => wake(), { once: true });
  try {
    for (let told: number | undefined; ; ) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const status = statusNow();
      if (status !== told) yield { status };
      told = status;
      if (ended.aborted) break;
      if (statusNow() === told) await changed;
    }
    throw new VoxError('shutting_down', 'the server is stopping', { retryAfter: 1 });
  } finally {
    stop();
  }
}
