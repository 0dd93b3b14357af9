export { loadRuntime, probeRuntime, type Runtime, stopped } from './library.js';
export { Session } from './session.js';
export { Value } from './value.js';
