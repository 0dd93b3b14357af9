/** What a WebSocket has to be, wherever it comes from. */

/** The part of the standard WebSocket that is used; the npm package `ws` has it too. */
export interface SocketLike {
  binaryType: string;
  /** Bytes that wait to be sent. */
  readonly bufferedAmount: number;
  addEventListener(type: string, listener: (event: SocketEvent) => void): void;
  send(data: string | Uint8Array): void;
  close(): void;
}

/** Whatever the events carry. */
export interface SocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly reason?: unknown;
}

/** Opens a socket. `headers` holds the key, as `authorization: Bearer KEY`, where there is one. */
export type OpenSocket = (url: string, headers: Readonly<Record<string, string>>) => SocketLike;

/** What a subprotocol may be made of: a token of RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
/** The subprotocol before the key. */
const SCHEME = 'token';

/**
 * Opens the standard WebSocket of browsers, and of Node from version 22 on. It takes no headers: a key travels as the
 * subprotocols `token, KEY`, which access logs don't show; one of other characters as `?api_key=`.
 * Throws TypeError where there is no WebSocket.
 */
export const standardSocket: OpenSocket = (url, headers) => {
  if (typeof WebSocket === 'undefined')
    throw new TypeError('there is no WebSocket here: give one as openSocket, e.g. of the npm package ws');
  const key = headers.authorization?.replace(/^Bearer /, '');
  if (key === undefined) return new WebSocket(url);
  if (TOKEN.test(key) && key.toLowerCase() !== SCHEME) return new WebSocket(url, [SCHEME, key]);
  const address = new URL(url);
  address.searchParams.set('api_key', key);
  return new WebSocket(address);
};
