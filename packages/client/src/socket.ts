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
  readonly data?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly reason?: unknown;
}

/** Opens a socket. A browser's takes no headers: the default sends the key in the address. */
export type OpenSocket = (url: string, headers: Readonly<Record<string, string>>) => SocketLike;
