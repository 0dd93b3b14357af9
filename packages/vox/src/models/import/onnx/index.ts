export * from './graph.js';
export * from './metadata.js';
export * from './read.js';
export * from './tensor.js';
export { modelLength, type WriteOptions, writeModel } from './write.js';
