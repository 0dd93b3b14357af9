/** How vLLM is tuned to a GPU: pure sums. Source of every rule and number: yap.md section 6. */

/** GPUs that step through 4096 tokens as fast as others through 2048; the H200 is an H100 with more memory. */
const LARGE = /\b(?:G?H100|G?H200|G?B200|RTX (?:PRO )?9000)\b/i;
const LARGE_BATCH = 4_096;
const USUAL_BATCH = 2_048;

/** Share of what is left beside the weights that the KV cache gets. */
const CACHE_SHARE = 0.9;
const MOST_SEQUENCES = 512;
/** Where the GPU or the model is not known. */
const UNKNOWN_SEQUENCES = 128;

const MIB = 1024 * 1024;

/** The part of a model that its KV cache is made of. */
export interface ModelShape {
  readonly layers: number;
  readonly cacheHeads: number;
  /** Numbers. */
  readonly headSize: number;
  /** Tokens; absent = every token sees all before it. */
  readonly slidingWindow?: number;
  /** Bytes of all weights. */
  readonly weights: number;
}

/** `max_num_batched_tokens` for a GPU by its name; undefined = no GPU is known. */
export function batchedTokens(gpu: string | undefined): number {
  return gpu !== undefined && LARGE.test(gpu) ? LARGE_BATCH : USUAL_BATCH;
}

export interface SequenceQuestion {
  /** MiB; undefined = not known. */
  readonly gpuMib: number | undefined;
  /** Share of it that vLLM may take. */
  readonly gpuMemory: number;
  readonly shape: ModelShape | undefined;
  /** Tokens. */
  readonly maxModelLength: number;
  /** Tokens. */
  readonly batched: number;
  /** Bytes of a number of the cache. */
  readonly numberBytes: number;
}

/** `max_num_seqs`: how many utterances' caches fit beside the weights, from 1 to 512; 128 where that can't be said. */
export function maxSequences(question: SequenceQuestion): number {
  const { gpuMib, gpuMemory, shape, maxModelLength, batched, numberBytes } = question;
  if (gpuMib === undefined || shape === undefined) return UNKNOWN_SEQUENCES;
  const { layers, cacheHeads, headSize, slidingWindow, weights } = shape;
  const window = slidingWindow === undefined ? Number.POSITIVE_INFINITY : slidingWindow - 1 + batched;
  const tokens = Math.min(maxModelLength, window);
  // Keys and values.
  const each = 2 * layers * cacheHeads * headSize * numberBytes * tokens;
  const room = CACHE_SHARE * (gpuMib * MIB * gpuMemory - weights);
  return Math.min(MOST_SEQUENCES, Math.max(1, Math.floor(room / each)));
}

/** Is a type of the KV cache one of 8 bits? */
export function isEightBit(type: string): boolean {
  return /^fp8/i.test(type);
}

/** Bytes of a number of the KV cache by vLLM's names of types; `auto` is that of the weights, 16 bits as published. */
export function cacheNumberBytes(cacheType: string, type: string): number {
  if (isEightBit(cacheType)) return 1;
  return /^(?:float|float32)$/.test(cacheType === 'auto' ? type : cacheType) ? 4 : 2;
}
