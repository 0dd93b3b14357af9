export type { Fetch } from './call.js';
export { VoxClient, type VoxClientOptions } from './client.js';
export {
  SERVER_ERROR_CODES,
  VoxClientError,
  type VoxClientErrorFields,
  type VoxErrorCode,
} from './errors.js';
export { NdjsonDecoder } from './ndjson.js';
export type { OpenSocket, SocketEvent, SocketLike } from './socket.js';
export type { Source } from './source.js';
export type * from './stream-types.js';
export type * from './types.js';
