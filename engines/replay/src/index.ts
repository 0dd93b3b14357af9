/** The default export of an engine package is its Engine. */
export { default, type ReplayScript } from './replay.js';
