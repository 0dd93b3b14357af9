/** The dialect of the real-time STT server: `/v1/stt/ws`, `/v1/stt/transcribe`, and under VOX_COMPAT its `/health`. */
import type { FastifyInstance } from 'fastify';
import type { Health, Log, MetricsHome } from '../../observe/index.js';
import type { Runtime } from '../../runtime/types.js';
import { DEFAULT_STALL_MS, type Upgrades } from '../../transport/index.js';
import type { SttSettings } from './codec.js';
import { SttConnection } from './connection.js';
import { errorBody } from './errors.js';
import { registerHealth } from './health.js';
import { SttMetrics } from './metrics.js';
import { refuse } from './refuse.js';
import { readQuery } from './schema.js';
import { transcribe } from './transcribe.js';

export type { SttSettings } from './codec.js';

export interface SttWsOptions {
  readonly runtime: Runtime;
  readonly upgrades: Pick<Upgrades, 'add'>;
  readonly settings: SttSettings;
  readonly metrics: MetricsHome;
  readonly log: Log;
  readonly health: Health;
  /** Is the original's `/health` ours? */
  readonly compat: boolean;
  /** Folder of temporary files. */
  readonly uploadDirectory: string;
  /** An upload may pause this long, in ms. */
  readonly stallMs?: number;
}

/** Registers the routes, and the error shape of everything under `/v1/stt/`. */
export function register(app: FastifyInstance, options: SttWsOptions): void {
  const { runtime, upgrades, settings, log, uploadDirectory, stallMs = DEFAULT_STALL_MS } = options;
  const metrics = new SttMetrics(options.metrics);
  const context = { runtime, settings, metrics, log };
  app.errorShapes.add('/v1/stt/', errorBody);
  upgrades.add({
    path: '/v1/stt/ws',
    open(socket, request) {
      const query = readQuery(request.url ?? '', settings.partialMs);
      if (query.ok) void new SttConnection(socket, query.parameters, context).start();
      else refuse(socket, query, context);
    },
  });
  app.post('/v1/stt/transcribe', (request, reply) =>
    transcribe({ runtime, uploadDirectory, stallMs }, request, reply),
  );
  if (options.compat) registerHealth(app, runtime, options.health);
}
