/** The original's `/` and `/health`, the latter true: it says whether a recording or a session could begin. */
import { VoxError } from '@vox-speech/contract';
import type { FastifyInstance } from 'fastify';
import type { Health } from '../../observe/index.js';
import type { ResumableSessions, Runtime } from '../../runtime/types.js';
import { type ApiNames, root } from './render.js';
import { DEFAULT_MODEL } from './transcribe.js';

/** 200 `{"status":"healthy","model_loaded":true}`, or 503 with why not. */
export function registerShared(
  app: FastifyInstance,
  options: {
    readonly runtime: Pick<Runtime, 'show'>;
    readonly sessions: Pick<ResumableSessions, 'trouble'>;
    readonly health: Pick<Health, 'state'>;
    readonly names: ApiNames;
  },
): void {
  const { runtime, sessions, health, names } = options;
  app.get('/', async () => root(names));
  app.get('/health', async (_request, reply) => {
    const missing = await runtime.show(DEFAULT_MODEL).then(
      () => undefined,
      (error) => VoxError.from(error).message,
    );
    const model_loaded = missing === undefined;
    const detail = missing ?? sessions.trouble() ?? (health.state === 'ready' ? undefined : health.state);
    if (detail === undefined) return { status: 'healthy', model_loaded };
    return reply.code(503).send({ status: 'unhealthy', model_loaded, detail });
  });
}
