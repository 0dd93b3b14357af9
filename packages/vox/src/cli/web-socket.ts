/** The command line's WebSocket: Node has one of its own only from version 22 on. */
import type { OpenSocket, SocketLike } from '@vox-speech/client';
import { WebSocket } from 'ws';

/** Opens a socket with headers, which the standard one can't. */
export const openSocket: OpenSocket = (url, headers) =>
  new WebSocket(url, { headers, perMessageDeflate: false }) as unknown as SocketLike;
