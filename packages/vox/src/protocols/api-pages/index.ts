/** The API described by itself: `/openapi.json`, Swagger UI at `/docs`, ReDoc at `/redoc`, all from our own files. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { VoxError } from '@vox-speech/contract';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type Operation, openapi } from '../../transport/index.js';

/** Folder that the build fills (tools/api-pages.mjs). */
const PAGES = new URL('../../pages/', import.meta.url);

const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';
const HTML = 'text/html; charset=utf-8';

const FILES: Readonly<Record<string, string>> = {
  'swagger-ui-bundle.js': SCRIPT,
  'swagger-ui.css': STYLE,
  'redoc.standalone.js': SCRIPT,
};
/** What the pages run themselves: a policy without inline scripts wants a file of its own. */
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#page', deepLinking: true });\n`;

/** Nothing from any other host. The viewers write styles, draw pictures from data, and ReDoc searches in a worker. */
const POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "worker-src 'self' blob:",
  "frame-ancestors 'none'",
].join('; ');

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>` +
  // Without an icon of its own browsers ask for /favicon.ico, which nobody has.
  `<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"></head><body style="margin:0">${body}</body></html>\n`;

const SWAGGER = page(
  'Vox API',
  '<link rel="stylesheet" href="/docs/swagger-ui.css"><div id="page"></div>' +
    '<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>',
);
const REDOC = page(
  'Vox API',
  '<redoc spec-url="/openapi.json"></redoc><script src="/docs/redoc.standalone.js"></script>',
);

export interface ApiPagesOptions {
  /** Every route of every dialect; asked for once, when somebody wants the document. */
  operations(): readonly Operation[];
  /** Of the product. */
  readonly version: string;
}

/** Registers the document and the pages. */
export function register(app: FastifyInstance, { operations, version }: ApiPagesOptions): void {
  let document: string | undefined;
  app.get('/openapi.json', async (_request, reply) => {
    document ??= JSON.stringify(openapi(operations(), version));
    return reply.type('application/json; charset=utf-8').send(document);
  });
  const html = (body: string) => async (_request: unknown, reply: FastifyReply) =>
    reply.type(HTML).header('content-security-policy', POLICY).send(body);
  app.get('/docs', html(SWAGGER));
  app.get('/redoc', html(REDOC));
  app.get('/docs/start.js', async (_request, reply) => reply.type(SCRIPT).send(START));
  for (const [name, type] of Object.entries(FILES))
    app.get(`/docs/${name}`, (_request, reply) => sendFile(reply, name, type));
}

async function sendFile(reply: FastifyReply, name: string, type: string): Promise<FastifyReply> {
  const path = fileURLToPath(new URL(name, PAGES));
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    throw new VoxError('not_found', `${name} is not in this build of Vox; run: npm run build`);
  return reply
    .type(type)
    .header('cache-control', 'public, max-age=3600')
    .header('content-length', found.size)
    .send(createReadStream(path));
}
