/** Probes: alive, ready, and the paths that originals share. */
import { VoxError } from '@vox-speech/contract';
import type { FastifyInstance } from 'fastify';
import type { Health } from '../../observe/index.js';
import { type Compat, SHARED_PATHS, type SharedPaths } from './compat.js';

/** `/v1/health`, `/api/health` and `/readyz` answer 200 only while every listener is up, else 503. */
export function registerHealth(app: FastifyInstance, options: { health: Health; compat: Compat }): void {
  const probe = async () => {
    const { state } = options.health;
    if (state === 'ready') return { status: 'ok' };
    throw new VoxError(
      'shutting_down',
      state === 'starting' ? 'the server is starting' : 'the server is stopping',
      {
        retryAfter: 1,
      },
    );
  };
  for (const path of ['/v1/health', '/api/health', '/readyz']) app.get(path, probe);
  const shared = SHARED_PATHS[options.compat];
  for (const path of Object.keys(shared) as (keyof SharedPaths)[]) {
    const body = shared[path];
    if (body !== null) app.get(path, async () => body);
  }
}
