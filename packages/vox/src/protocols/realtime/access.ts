/** Who may open a socket, by every way in which clients show a key: asked before the upgrade, so that they read 401. */
import type { IncomingMessage } from 'node:http';
import { VoxError } from '@vox-speech/contract';
import { type Keys, NO_KEY_OF_SOCKET, offeredKeys } from '../../guard/index.js';
import type { SessionConfig } from './config.js';
import { type ClientSecrets, isSecret } from './secrets.js';

/** A browser's sockets carry no headers: the key is one of the subprotocols that it offers. */
const KEY_PROTOCOL = 'openai-insecure-api-key.';

/**
 * The session that a client secret brings; undefined where another key, or none, was enough.
 * @throws VoxError `unauthorized`
 */
export function admit(
  request: IncomingMessage,
  keys: Keys,
  secrets: ClientSecrets,
): SessionConfig | undefined {
  const offered = [...offeredKeys(request.headers, request.url ?? ''), ...protocolKeys(request)];
  if (keys.required && keys.accepts(offered)) return undefined;
  const secret = offered.find(isSecret);
  const config = secret === undefined ? undefined : secrets.find(secret);
  if (config !== undefined) return config;
  if (secret !== undefined)
    throw new VoxError(
      'unauthorized',
      'this client secret is not, or no longer, valid: make another with POST /v1/realtime/client_secrets',
    );
  if (keys.required) throw new VoxError('unauthorized', NO_KEY_OF_SOCKET);
  return undefined;
}

function protocolKeys({ headers }: IncomingMessage): string[] {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  return offered.filter((one) => one.startsWith(KEY_PROTOCOL)).map((one) => one.slice(KEY_PROTOCOL.length));
}
