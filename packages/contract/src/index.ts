export * from './engine.js';
export * from './errors.js';
export * from './hear-stream.js';
export * from './lanes.js';
export * from './live.js';
export * from './model-info.js';
export * from './native-library.js';
export * from './transcript.js';
