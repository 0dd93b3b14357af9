/** A TCP listener for protocols that are not HTTP: bounded in connections, in idleness, and in bytes both ways. */
import { type AddressInfo, createServer, type Server } from 'node:net';
import { TcpConnection } from './tcp-connection.js';

export interface TcpSettings {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Open at once; the next one is told so and closed. */
  readonly maxConnections: number;
  /** A connection on which nothing moves for so long is closed, in ms; see `TcpConnection.owes`. */
  readonly idleMs: number;
}

export interface TcpProtocol {
  /** A client has come. What it throws cuts the connection. */
  open(connection: TcpConnection): void;
  /** What a client is told for whom there is no room. */
  full(): readonly Uint8Array[];
}

export interface TcpListener {
  /** The IP address that was really bound: a wildcard's own, one of a name's. */
  readonly address: string;
  /** The port that was really bound. */
  readonly port: number;
  /** Open connections. */
  readonly count: number;
  /** Accepts nobody any more and asks every connection to end (`TcpConnection.onStop`); cuts those still open after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Bytes of answers that may wait for a client before it is neither answered nor read any further. */
const HIGH_WATER_BYTES = 64 * 1024;

/** Answers leave at once; a client that lost its power is found out by the system, after 30 s of silence. */
const SOCKET = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 } as const;

/** Resolves once it accepts. Rejects with the system's error (`EADDRINUSE`, ...) where the address can't be had. */
export async function listenTcp(settings: TcpSettings, protocol: TcpProtocol): Promise<TcpListener> {
  const connections = new Set<TcpConnection>();
  const server = createServer({ ...SOCKET, highWaterMark: HIGH_WATER_BYTES }, (socket) => {
    const connection = new TcpConnection(socket, settings.idleMs);
    // Those that are told to go have a place of their own, so that not even they are without number.
    if (connections.size >= 2 * settings.maxConnections) return connection.destroy();
    const full = [...connections].filter(({ closing }) => !closing).length >= settings.maxConnections;
    connections.add(connection);
    connection.signal.addEventListener('abort', () => connections.delete(connection), { once: true });
    if (full) {
      connection.write(protocol.full());
      connection.end();
      return;
    }
    try {
      protocol.open(connection);
    } catch {
      connection.destroy();
    }
  });
  const { address, port } = await listen(server, settings);
  return {
    address,
    port,
    get count() {
      return connections.size;
    },
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.onStop();
      const cut = setTimeout(() => {
        for (const connection of connections) connection.destroy();
      }, graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

function listen(server: Server, { host, port }: TcpSettings): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      // What can fail from here on is one connection that could not be accepted: too many open files.
      server.on('error', () => {});
      resolve(server.address() as AddressInfo);
    });
  });
}
