/** Models that run elsewhere: vLLM, vLLM-Omni and any OpenAI-compatible server. The default export is the Engine. */
export { default } from './engine.js';
export type { Turn, Upstreams } from './upstreams.js';
