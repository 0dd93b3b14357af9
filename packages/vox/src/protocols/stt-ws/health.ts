/** The original's `/health`, but true: it says whether a session could begin. */
import { VoxError } from '@vox-speech/contract';
import type { FastifyInstance } from 'fastify';
import type { Health } from '../../observe/index.js';
import type { Runtime } from '../../runtime/types.js';

/** OpenAI's name for the default recogniser, which this server has too. */
const DEFAULT_MODEL = 'whisper-1';

/** 200 `{"status":"ok","backend":engine,"model"}`, or 503 with why not. */
export function registerHealth(
  app: FastifyInstance,
  runtime: Pick<Runtime, 'show'>,
  health: Pick<Health, 'state'>,
): void {
  app.get('/health', async (_request, reply) => {
    if (health.state !== 'ready') return reply.code(503).send({ status: health.state, backend: null });
    try {
      const { engine, reference } = await runtime.show(DEFAULT_MODEL);
      return { status: 'ok', backend: engine, model: reference };
    } catch (error) {
      const { message } = VoxError.from(error);
      return reply.code(503).send({ status: 'unavailable', backend: null, detail: message });
    }
  });
}
