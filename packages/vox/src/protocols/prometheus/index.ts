/** `GET /metrics`, and the timing of every HTTP request. */
import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../../observe/index.js';

/** Registers the route and the hook; call it before the other dialects, whose routes it times. */
export function register(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', async (request, reply) => {
    // The pattern, not the path: names of models and voices must not become label values.
    const labels = { method: request.method, route: request.routeOptions.url ?? 'none' };
    // Probes come every second and shall not load the library.
    if (labels.route.includes('health') || labels.route === '/readyz') return;
    metrics.use.request.observe(labels, reply.elapsedTime / 1000);
    metrics.use.requests.inc({ ...labels, status: String(reply.statusCode) });
  });
  // With and without the slash, both directly: the original STT server redirects one to the other.
  for (const path of ['/metrics', '/metrics/'])
    app.get(path, async (_request, reply) => {
      const { type, text } = await metrics.scrape();
      return reply.type(type).send(text);
    });
}
