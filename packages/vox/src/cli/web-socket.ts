/** The command line's WebSocket: Node has one of its own only from version 22 on. */
import type { OpenSocket } from '@vox-speech/client';
import { WebSocket } from 'ws';

/** Bounds of a connection; left out, those of the library. */
export interface ConnectLimits {
  /** Bytes of the largest message that is taken. */
  readonly maxPayload?: number;
  /** ms in which the upgrade must be done. */
  readonly handshakeTimeout?: number;
  /** PEM of certificates that are trusted; those that Node trusts where it is left out. */
  readonly ca?: string[];
}

/** Connects with headers, which the standard one can't. */
export function connect(
  url: string,
  headers: Readonly<Record<string, string>>,
  limits: ConnectLimits = {},
): WebSocket {
  return new WebSocket(url, { headers, perMessageDeflate: false, ...limits });
}

/** The same for `VoxClient`. */
export const openSocket: OpenSocket = (url, headers) => connect(url, headers);

/** The same with certificates of one's own, in PEM. */
export function socketOpener(ca: readonly string[]): OpenSocket {
  return (url, headers) => connect(url, headers, { ca: [...ca] });
}
