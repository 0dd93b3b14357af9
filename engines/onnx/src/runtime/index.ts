export type { BoundRun, Graph, OpenGraph } from './graph.js';
export { loadRuntime, probeRuntime, type Runtime } from './library.js';
export { Session } from './session.js';
export type { ElementType, Slot, Tensor } from './tensor.js';
export { Value } from './value.js';
