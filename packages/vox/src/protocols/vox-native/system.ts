/** Memory, looked at and given back: V2's administration routes. */
import type { FastifyInstance } from 'fastify';
import type { Runtime } from '../../runtime/types.js';
import { readBody } from './body.js';
import { memoryReport } from './render.js';
import { enforceSchema, trimSchema } from './schema.js';

/** @throws nothing; registers only */
export function registerSystem(app: FastifyInstance, runtime: Runtime): void {
  const memory = () => memoryReport(runtime.memory());

  app.get('/v1/system/memory', async () => memory());

  app.post('/v1/system/trim', async (request) => {
    const { min_idle_seconds: seconds } = await readBody(trimSchema, request, { optional: true });
    return { trimmed: await runtime.trim(seconds ?? 0), memory: memory() };
  });

  app.post('/v1/system/enforce-memory-budget', async (request) => {
    const { additional_vram_bytes: bytes } = await readBody(enforceSchema, request, { optional: true });
    await runtime.makeRoomFor(bytes ?? 0);
    return { status: 'ok', memory: memory() };
  });

  app.post('/v1/models/unload_idle', async () => ({
    unloaded: await runtime.unloadIdle(),
    memory: memory(),
  }));

  app.post('/v1/models/:name/trim', async (request) => {
    const { name } = request.params as { name: string };
    // Bytes are ours: a model that had nothing to give back is a success too, and says so.
    return { status: 'success', freed_bytes: await runtime.trimModel(name) };
  });
}
