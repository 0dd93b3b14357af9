/** The probabilities of tokens as OpenAI spells them, over HTTP and in Realtime. Pure. */
import type { TokenScore } from '@vox-speech/contract';

/** One item a token: `logprob` is natural. */
export function logprobs(scores: readonly TokenScore[]) {
  return scores.map(({ text, logProbability, bytes }) => ({
    token: text,
    logprob: logProbability,
    bytes: bytes ?? [...Buffer.from(text)],
  }));
}
