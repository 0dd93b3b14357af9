export { writeEightBit } from './eight-bit.js';
export * from './floats.js';
export * from './graph.js';
export * from './metadata.js';
export * from './quantize.js';
export * from './read.js';
export * from './tensor.js';
export { modelLength, writeModel } from './write.js';
