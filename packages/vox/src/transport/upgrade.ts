/** WebSockets on the HTTP server: guards first, then the dialect that owns the path; bounded both ways. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import { VoxError } from '@vox-speech/contract';
import type { WebSocket, WebSocketServer } from 'ws';
import { type Log, safePath } from '../observe/index.js';
import { type ErrorShapes, loggedError } from './errors.js';
import { pathPattern } from './routes.js';
import { LiveSocket } from './socket.js';

export interface SocketRoute {
  /** Exact path; `:name` stands for one part of it. */
  readonly path: string;
  /** Largest message that a client may send, in bytes; a larger one closes with 1009. */
  readonly maxMessageBytes?: number;
  /** Called before the socket is opened: what it throws is answered as an HTTP error, and there is no socket. */
  check?(request: IncomingMessage): void;
  /** The subprotocol that is answered to clients that offer some, this one among them; absent = the first that is offered. */
  readonly subprotocol?: string;
  /** Called once the socket is open. What it throws closes the socket with 1011. */
  open(socket: LiveSocket, request: IncomingMessage): void;
}

/** A second of 48 kHz stereo in floats, and every control message. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** One route; its side of the protocol is made when the first socket comes. */
interface Served {
  readonly route: SocketRoute;
  server?: WebSocketServer;
}

let library: typeof import('ws') | undefined;

/** Loads the WebSocket library now, so that no socket waits for it; a server starts without. */
export function loadWebSockets(): typeof import('ws') {
  library ??= createRequire(import.meta.url)('ws') as typeof import('ws');
  return library;
}

export class Upgrades {
  readonly #routes = new Map<string, Served>();
  readonly #patterns: { readonly path: RegExp; readonly served: Served }[] = [];
  readonly #sockets = new Set<LiveSocket>();
  readonly #log: Log;
  #stopped = false;

  /** @param check throws the VoxError that refuses a request: host, origin, key */
  constructor(
    server: Server,
    options: { log: Log; check(request: IncomingMessage): void; shapes: ErrorShapes },
  ) {
    this.#log = options.log;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      const path = safePath(request.url ?? '');
      try {
        if (this.#stopped) throw new VoxError('shutting_down', 'the server is stopping');
        options.check(request);
        const found = this.#find(path);
        if (found === undefined)
          throw new VoxError('not_found', `there is no WebSocket at ${path}; docs/http.md lists them`);
        found.route.check?.(request);
        found.server ??= serverOf(found.route);
        found.server.handleUpgrade(request, socket, head, (ws) => this.#open(found.route, ws, request));
      } catch (error) {
        const { status, body } = options.shapes.render(
          path,
          loggedError(error, randomUUID().slice(0, 8), options.log, 'a WebSocket was not opened', { path }),
        );
        refuse(socket, status, JSON.stringify(body));
      }
    });
  }

  /** Open sockets. */
  get count(): number {
    return this.#sockets.size;
  }

  add(route: SocketRoute): void {
    if (route.path.includes(':')) this.#patterns.push({ path: pathPattern(route.path), served: { route } });
    else this.#routes.set(route.path, { route });
  }

  /** Refuses new sockets; those that are still open are closed with 1001 after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#stopped = true;
    const until = Date.now() + graceMs;
    while (this.#sockets.size > 0 && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 20));
    for (const socket of this.#sockets) socket.close(1001, 'the server is stopping');
  }

  #find(path: string): Served | undefined {
    return this.#routes.get(path) ?? this.#patterns.find((one) => one.path.test(path))?.served;
  }

  #open(route: SocketRoute, ws: WebSocket, request: IncomingMessage): void {
    const socket = new LiveSocket(ws);
    this.#sockets.add(socket);
    socket.signal.addEventListener('abort', () => this.#sockets.delete(socket), { once: true });
    try {
      route.open(socket, request);
    } catch (error) {
      this.#log.error({ err: error, path: route.path }, 'a socket could not be opened');
      socket.close(1011, 'internal error');
    }
  }
}

function serverOf({ maxMessageBytes = MAX_MESSAGE_BYTES, subprotocol }: SocketRoute): WebSocketServer {
  const { WebSocketServer } = loadWebSockets();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    ...(subprotocol === undefined
      ? {}
      : { handleProtocols: (offered: Set<string>) => (offered.has(subprotocol) ? subprotocol : false) }),
  });
  server.on('wsClientError', (error: Error, socket: Duplex) => {
    refuse(socket, 400, JSON.stringify({ detail: error.message }));
  });
  return server;
}

function refuse(socket: Duplex, status: number, body: string): void {
  const head = [
    `HTTP/1.1 ${status} Refused`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
