/** The command line's WebSocket: Node has one of its own only from version 22 on. */
import type { OpenSocket, SocketLike } from '@vox-speech/client';
import { WebSocket } from 'ws';

/** Connects with headers, which the standard one can't. */
export function connect(url: string, headers: Readonly<Record<string, string>>): WebSocket {
  return new WebSocket(url, { headers, perMessageDeflate: false });
}

/** The same for `VoxClient`. */
export const openSocket: OpenSocket = (url, headers) => connect(url, headers) as unknown as SocketLike;
