/** What the library says of the probabilities of tokens, as scores of a segment. */
import type { Segment, TokenScore } from '@vox-speech/contract';

/** A byte of a character that is more than one token, as the library writes it. */
export const BYTE_TOKEN = /^<0x([0-9A-F]{2})>$/;

/**
 * The scores of a decode, and their mean; nothing where the library tells them not of every token.
 * @param logs natural-log probabilities
 * @param wanted false = the mean alone
 */
export function scoresOf(
  tokens: readonly string[],
  logs: readonly number[] | undefined,
  wanted: boolean,
): Pick<Segment, 'scores' | 'averageLogProbability'> {
  if (logs === undefined || logs.length === 0 || logs.length !== tokens.length) return {};
  const averageLogProbability = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  if (!wanted) return { averageLogProbability };
  return { averageLogProbability, scores: tokens.map((token, at) => scoreOf(token, logs[at] ?? 0)) };
}

function scoreOf(token: string, log: number): TokenScore {
  // Rounding may leave a certain token a little above 0.
  const logProbability = Math.min(0, log);
  const byte = BYTE_TOKEN.exec(token)?.[1];
  if (byte === undefined) return { text: token, logProbability };
  return { text: '\uFFFD', logProbability, bytes: [Number.parseInt(byte, 16)] };
}
