/** Models that run elsewhere: vLLM, vLLM-Omni and any OpenAI-compatible server. */
export type { Turn, Upstreams } from './upstreams.js';
