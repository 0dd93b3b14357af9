/** Who may ask: Host, Origin and key, checked before any route, in this order. */

import type { IncomingMessage } from 'node:http';
import { VoxError } from '@vox-speech/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hostAllowed, hostOf, isLoopback, originAllowed } from './host.js';
import { Keys, offeredKeys } from './keys.js';

export { hostAllowed, hostOf, isLoopback, originAllowed } from './host.js';
export { Keys, offeredKeys } from './keys.js';

export interface GuardSettings {
  /** Accepted keys; none = any key or none is fine. */
  readonly keys: readonly string[];
  readonly bindHost: string;
  /** Host names besides loopback and the bound address. */
  readonly hostNames: readonly string[];
  /** Origins of web pages that may call, besides loopback ones; `*` = all. */
  readonly corsOrigins: readonly string[];
  /** Listen on a network address without a key. */
  readonly insecure: boolean;
}

/** The words of the original's HTTP, which its clients may compare; where they are ours alone they say how a key is sent. */
const NO_KEY = 'missing or invalid API key';
/** How a WebSocket without a key is refused. */
export const NO_KEY_OF_SOCKET = `${NO_KEY}: send it as the header \`Authorization: Bearer KEY\` or \`x-api-key: KEY\`, or as \`?api_key=KEY\``;
const NO_KEY_OF_CALL = `${NO_KEY}: send it as the metadata \`authorization: Bearer KEY\` or \`x-api-key: KEY\``;

/** Probes and greetings, and the description of the API: the same on every machine, so no key hides it. */
const OPEN_PATHS =
  /^\/(health|healthz|readyz|v1\/health|api\/health|openapi\.json|redoc|docs(\/[a-z.-]+)?)?$/;
/** Open to programs on this machine, and to nobody else without a key. */
const LOCAL_PATHS = new Set(['/metrics', '/metrics/']);
const CORS_METHODS = 'GET, HEAD, POST, DELETE, OPTIONS';
const CORS_EXPOSED = 'X-Request-ID, X-Vox-Model, X-Vox-Warning, X-Vox-Processing-Ms, X-Vox-Sample-Rate';
/** Seconds for which a browser may remember a preflight. */
const CORS_MAX_AGE = '600';

/**
 * Refuses to serve a network without a key, unless told.
 * @throws VoxError `invalid_request` that names the two ways on
 */
export function checkBind(settings: GuardSettings): void {
  if (settings.insecure || isLoopback(settings.bindHost) || new Keys(settings.keys).required) return;
  throw new VoxError(
    'invalid_request',
    `refusing to listen on ${settings.bindHost} without a key, because anybody who reaches it could use it: set VOX_API_KEY, or give --insecure, or listen on 127.0.0.1`,
    { param: 'host' },
  );
}

/**
 * The same for a protocol that knows no key: where there is one for HTTP it does not help here.
 * @param protocol in the words of a person: `Wyoming`
 * @throws VoxError `invalid_request` that names the two ways on
 */
export function checkOpenBind(host: string, insecure: boolean, protocol: string): void {
  if (insecure || isLoopback(host)) return;
  throw new VoxError(
    'invalid_request',
    `refusing to serve ${protocol} on ${host}: it knows no key, so anybody who reaches it could use it; give --insecure where you trust this network, or listen on 127.0.0.1`,
    { param: 'host' },
  );
}

/**
 * Installs the checks on a server, before its dialects register.
 * They throw `invalid_request` for a missing or malformed Host, `forbidden`, `unauthorized`.
 */
export function installGuard(app: FastifyInstance, settings: GuardSettings): void {
  const keys = new Keys(settings.keys);
  const policy = policyOf(settings, keys);
  app.addHook('onRequest', async (request, reply) => {
    checkHost(request.raw, policy);
    const origin = request.headers.origin;
    if (origin !== undefined) allowOrigin(origin, reply, settings.corsOrigins);
    if (origin !== undefined && isPreflight(request)) return preflight(request, reply);
    checkKey(request.raw, keys);
  });
}

/**
 * The same checks for a request to open a WebSocket. The function it returns throws as `installGuard` says.
 * @param ownKeyChecks paths whose dialect asks for the key itself, after the upgrade
 */
export function upgradeGuard(
  settings: GuardSettings,
  ownKeyChecks: readonly string[] = [],
): (request: IncomingMessage) => void {
  const keys = new Keys(settings.keys);
  const policy = policyOf(settings, keys);
  return (request) => {
    checkHost(request, policy);
    const { origin } = request.headers;
    if (origin !== undefined) checkOrigin(origin, settings.corsOrigins);
    if (!ownKeyChecks.includes(pathOf(request))) checkKey(request, keys, NO_KEY_OF_SOCKET);
  };
}

/**
 * The key check alone, for calls whose metadata come as headers. The function it returns throws `unauthorized`.
 */
export function keyGuard({
  keys,
}: Pick<GuardSettings, 'keys'>): (headers: Readonly<Record<string, string | undefined>>) => void {
  const accepted = new Keys(keys);
  return (headers) => {
    if (accepted.required) checkOffered(accepted, offeredKeys(headers, ''), NO_KEY_OF_CALL);
  };
}

function policyOf(settings: GuardSettings, keys: Keys): Parameters<typeof hostAllowed>[1] {
  return { bindHost: settings.bindHost, hostNames: settings.hostNames, keyed: keys.required };
}

function pathOf(request: IncomingMessage): string {
  return request.url?.split('?', 1)[0] ?? '';
}

function checkKey(request: IncomingMessage, keys: Keys, message = NO_KEY): void {
  const path = pathOf(request);
  if (!keys.required || OPEN_PATHS.test(path)) return;
  if (LOCAL_PATHS.has(path) && isLocal(request)) return;
  checkOffered(keys, offeredKeys(request.headers, request.url ?? ''), message);
}

function checkOffered(keys: Keys, offered: readonly string[], message: string): void {
  if (!keys.accepts(offered)) throw new VoxError('unauthorized', message);
}

/** From this machine, and not passed on by a proxy that runs on it. */
function isLocal({ socket, headers }: IncomingMessage): boolean {
  const passedOn = headers['x-forwarded-for'] ?? headers.forwarded ?? headers['x-real-ip'];
  return passedOn === undefined && isLoopback(socket.remoteAddress ?? '');
}

function checkHost(request: IncomingMessage, policy: Parameters<typeof hostAllowed>[1]): void {
  const header = request.headers.host;
  // HTTP/1.0 has no Host; a browser never speaks it.
  if (header === undefined && request.httpVersion === '1.0') return;
  const host = hostOf(header ?? '');
  if (host === undefined) throw new VoxError('invalid_request', 'the Host header is missing or malformed');
  if (!hostAllowed(host, policy))
    throw new VoxError(
      'forbidden',
      `the host name ${JSON.stringify(host.slice(0, 100))} is not allowed; name it in VOX_ALLOWED_HOSTS`,
    );
}

function allowOrigin(origin: string, reply: FastifyReply, allowed: readonly string[]): void {
  reply.header('vary', 'Origin');
  checkOrigin(origin, allowed);
  reply.header('access-control-allow-origin', origin);
  reply.header('access-control-expose-headers', CORS_EXPOSED);
}

function checkOrigin(origin: string, allowed: readonly string[]): void {
  if (!originAllowed(origin, allowed))
    throw new VoxError(
      'forbidden',
      `web pages of the origin ${JSON.stringify(origin.slice(0, 100))} are not allowed; name it in VOX_CORS_ORIGINS`,
    );
}

function isPreflight(request: FastifyRequest): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}

function preflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const headers = request.headers['access-control-request-headers'];
  if (headers !== undefined) reply.header('access-control-allow-headers', headers);
  return reply
    .code(204)
    .header('access-control-allow-methods', CORS_METHODS)
    .header('access-control-max-age', CORS_MAX_AGE)
    .send();
}
