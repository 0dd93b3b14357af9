/** The original's probes, but true: 200 only while the engine can answer (yap.md 10, 8). */
import type { FastifyInstance } from 'fastify';
import type { Health } from '../../observe/index.js';
import type { EngineHealth } from './engine-health.js';

/** `/`, `/health` and `/healthz`: 200 `{"status":"ok"}`, or 503 with why not. */
export function registerHealth(
  app: FastifyInstance,
  health: Pick<Health, 'state'>,
  engine: Pick<EngineHealth, 'problem'>,
): void {
  for (const path of ['/', '/health', '/healthz'])
    app.get(path, async (_request, reply) => {
      if (health.state !== 'ready') return reply.code(503).send({ status: health.state });
      const detail = await engine.problem();
      if (detail === undefined) return { status: 'ok' };
      return reply.code(503).send({ status: 'unavailable', detail });
    });
}
