export * from './engine.js';
export * from './errors.js';
export * from './hear-stream.js';
export * from './live.js';
export * from './transcript.js';
