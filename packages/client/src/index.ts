export type { Fetch } from './call.js';
export { VoxClient, type VoxClientOptions } from './client.js';
export { VoxClientError, type VoxClientErrorFields } from './errors.js';
export { NdjsonDecoder } from './ndjson.js';
export type * from './types.js';
