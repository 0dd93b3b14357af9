/**
 * How ioredis reaches a Redis: as it would itself, but with an ear for every error of the socket. Its own listens once, and a
 * TLS handshake that fails can say so twice: the second would end the server.
 */
import { connect as connectPlain, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { AbstractConnector, RedisOptions } from 'ioredis';

/** How long a connection may take to end before it is cut, in ms; ioredis's own default. */
const DISCONNECT_MS = 2_000;

/** Of the options that ioredis made of the URL. */
type Target = Pick<RedisOptions, 'host' | 'port' | 'path'> & { readonly tls?: ConnectionOptions | true };

/** @param Base ioredis's class, which is loaded only where sessions are kept in Redis */
export function connectorFrom(Base: typeof AbstractConnector): NonNullable<RedisOptions['Connector']> {
  return class extends Base {
    readonly #target: Target;

    constructor(options: unknown) {
      super(DISCONNECT_MS);
      this.#target = options as Target;
    }

    async connect(): Promise<Socket> {
      this.connecting = true;
      delete this.firstError;
      // What follows in this turn of ioredis comes first, as with its own.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      if (!this.connecting) throw new Error('Connection is closed.');
      const { host = '127.0.0.1', port = 6379, path, tls } = this.#target;
      const address = path ? { path } : { host, port };
      const stream =
        tls === undefined ? connectPlain(address) : connectTls({ ...address, ...(tls === true ? {} : tls) });
      stream.on('error', (error) => {
        this.firstError ??= error;
      });
      this.stream = stream;
      return stream;
    }
  };
}
