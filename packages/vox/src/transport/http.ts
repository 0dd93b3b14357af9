/** The HTTP server that dialects register on: ids, limits, errors, signals of disconnect, and a graceful end. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ERRORS, VoxError } from '@vox-speech/contract';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import { type Log, safePath } from '../observe/index.js';
import { holdContinue } from './body.js';
import { answerClientError } from './client-error.js';
import { ErrorShapes, loggedError } from './errors.js';
import { RouteTable } from './routes.js';
import { RunningRequests } from './signal.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** Where a dialect says how its errors look. */
    readonly errorShapes: ErrorShapes;
  }
}

export interface HttpSettings {
  /** Bytes of all request headers together. */
  readonly headerBytes: number;
  /** A request header must be whole within this time, in ms. */
  readonly headerTimeoutMs: number;
  /** On stop, running requests may finish within this time, in ms; then they are aborted. */
  readonly graceMs: number;
  /** What a client still sends after its answer is thrown away for this long, in ms; then the connection ends. */
  readonly lingerMs: number;
}

export const DEFAULT_HTTP_SETTINGS: HttpSettings = {
  headerBytes: 16 * 1024,
  headerTimeoutMs: 15_000,
  graceMs: 10_000,
  lingerMs: 5_000,
};

export interface HttpServer {
  /** Guards and dialects register here, before `listen`. */
  readonly app: FastifyInstance;
  /** @param address port 0 = any free one. Rejects with the system's error where the port is taken. */
  listen(address: { host: string; port: number }): Promise<{ host: string; port: number; url: string }>;
  /** Accepts nothing new, answers 503 on open connections, lets running requests finish up to `graceMs`, then aborts them. Idempotent. */
  close(): Promise<void>;
  /** Aborts everything now. Idempotent. */
  destroy(): Promise<void>;
}

/** A server that does not listen yet. */
export function createHttpServer(options: {
  log: Log;
  settings?: Partial<HttpSettings>;
  /** Key and certificate in PEM: it speaks HTTPS, and nothing else. */
  tls?: { readonly key: string; readonly cert: string };
}): HttpServer {
  const settings = { ...DEFAULT_HTTP_SETTINGS, ...options.settings };
  const { log, tls } = options;
  const scheme = tls === undefined ? 'http' : 'https';
  const running = new RunningRequests();
  const shapes = new ErrorShapes();
  const routes = new RouteTable();
  let closing: Promise<void> | undefined;

  const fail = (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const path = safePath(request.raw.url ?? '');
    const error = loggedError(thrown, String(request.id), log, 'request failed', { path });
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return reply;
    }
    const answer = shapes.render(path, error);
    return reply
      .code(answer.status)
      .headers({ ...answer.headers, 'x-request-id': request.id })
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(answer.body));
  };

  const app: FastifyInstance = fastify({
    // Its own words, such as where it listens, are said by those who know more.
    loggerInstance: log.child({}, { level: atLeastWarn(log.level) }) as FastifyBaseLogger,
    logController: new QuietLog(),
    schemaController: { compilersFactory: NO_COMPILERS },
    genReqId: requestId,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    keepAliveTimeout: 72_000,
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: fail,
    clientErrorHandler: (error, socket) =>
      answerClientError(error, socket, settings.headerBytes, settings.lingerMs),
    [scheme]: {
      ...tls,
      maxHeaderSize: settings.headerBytes,
      headersTimeout: settings.headerTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, settings.headerTimeoutMs),
      // Bodies have a stall limit instead: a long upload is no fault.
      requestTimeout: 0,
      // The guard answers a missing Host in the shape of the path.
      requireHostHeader: false,
    },
  });
  app.decorate('errorShapes', shapes);
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    holdContinue(request, () => response.writeContinue());
    app.server.emit('request', request, response);
  });
  // Handlers read bodies themselves, under their own limits; nothing is buffered here.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.addHook('onRoute', (route) => routes.add(route.method, route.url));
  app.addHook('onRequest', async (request, reply) => {
    running.watch(request, reply.raw);
    reply.header('x-request-id', request.id);
    reply.raw.once('finish', () => linger(request.raw, settings.lingerMs));
    reply.raw.once('close', () => logRequest(log, request, reply));
    if (closing === undefined) return;
    reply.header('connection', 'close');
    throw new VoxError('shutting_down', 'the server is stopping');
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing !== undefined) reply.header('connection', 'close');
  });
  app.setErrorHandler(fail);
  app.setNotFoundHandler((request, reply) => {
    const { error, allow } = routes.missing(request.method, safePath(request.raw.url ?? ''));
    if (allow.length > 0) reply.header('allow', allow.join(', '));
    return fail(error, request, reply);
  });

  const stop = async (graceMs: number) => {
    const closed = app.close();
    const timer = setTimeout(
      () => running.abort(new VoxError('shutting_down', 'the server stopped')),
      graceMs,
    );
    // A request that was told to end still needs a moment to say so before its socket goes.
    const last = setTimeout(() => app.server.closeAllConnections(), graceMs + 500);
    await closed;
    clearTimeout(timer);
    clearTimeout(last);
  };

  return {
    app,
    async listen({ host, port }) {
      await app.listen({ host, port });
      const address = app.server.address() as AddressInfo;
      const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
      return { host: address.address, port: address.port, url: `${scheme}://${shown}:${address.port}` };
    },
    close() {
      closing ??= stop(settings.graceMs);
      return closing;
    },
    destroy() {
      running.abort(new VoxError('shutting_down', 'the server stopped'));
      closing ??= stop(0);
      app.server.closeAllConnections();
      return closing;
    },
  };
}

function atLeastWarn(level: string): string {
  return level === 'debug' || level === 'info' ? 'warn' : level;
}

/** One line a request, when its connection has done with it: the path without the query string, which may hold a key. */
function logRequest(log: Log, request: FastifyRequest, reply: FastifyReply): void {
  const whole = reply.raw.writableFinished;
  const status = whole || reply.raw.headersSent ? reply.statusCode : ERRORS.cancelled.http;
  const fields = { request: request.id, status, ms: Math.round(reply.elapsedTime) };
  const cut = whole ? '' : ' (cut)';
  log.info(fields, `${request.method} ${safePath(request.raw.url ?? '')}${cut}`);
}

/** No route has a JSON schema (dialects validate with zod), so fastify need not load its compilers: a tenth of a second. */
const NO_COMPILERS = { buildValidator: noCompiler, buildSerializer: noCompiler };

function noCompiler(): never {
  throw new Error('routes take no JSON schema: validate with zod');
}

/** The framework's own request log is off, because it writes whole URLs; what it alone notices is kept. */
class QuietLog extends LogController {
  constructor() {
    super({ disableRequestLogging: true });
  }

  override streamError(error: Error, request: FastifyRequest): void {
    if ((error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    if (VoxError.is(error) && error.code === 'cancelled') return;
    request.log.warn({ err: error, request: request.id }, 'the answer broke off');
  }
}

/** The client's X-Request-ID where it is harmless, else 12 hex digits. */
function requestId(request: { headers: IncomingMessage['headers'] }): string {
  const given = request.headers['x-request-id'];
  if (typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given)) return given;
  return randomBytes(6).toString('hex');
}

/**
 * After the answer: a client that still sends its body is heard out for a while, because closing under it would
 * reset the connection and lose the answer.
 */
function linger(request: IncomingMessage, lingerMs: number): void {
  // Requests that tests inject have no such state.
  if (request.complete !== false) return;
  request.on('data', () => {});
  request.on('error', () => {});
  request.resume();
  const timer = setTimeout(() => request.socket?.destroy(), lingerMs);
  timer.unref();
  request.once('end', () => clearTimeout(timer));
  request.once('close', () => clearTimeout(timer));
}
