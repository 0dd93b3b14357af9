export type { Fetch } from './call.js';
export { VoxClient, type VoxClientOptions } from './client.js';
export { VoxClientError, type VoxClientErrorFields } from './errors.js';
export { NdjsonDecoder } from './ndjson.js';
export type { OpenSocket, SocketEvent, SocketLike } from './socket.js';
export type * from './stream-types.js';
export type * from './types.js';
