/** How likely a text and its tokens were. */
import type { Segment, TokenScore } from '@vox-speech/contract';
import type { Transcript } from './greedy.js';
import type { TokenList } from './tokens.js';

/** What bytes that are no whole character are written as. */
const REPLACEMENT = '\uFFFD';

/**
 * The scores of a text that has at least one token, and their mean.
 * @param wanted false = the mean alone
 */
export function scoresOf(
  { tokens, logProbabilities }: Pick<Transcript, 'tokens' | 'logProbabilities'>,
  list: TokenList,
  wanted: boolean,
): Pick<Segment, 'scores' | 'averageLogProbability'> {
  const averageLogProbability = logProbabilities.reduce((sum, log) => sum + log, 0) / tokens.length;
  if (!wanted) return { averageLogProbability };
  const scores = list.textsOf(tokens).map((text, at): TokenScore => {
    const logProbability = logProbabilities[at] ?? 0;
    if (!text.includes(REPLACEMENT)) return { text, logProbability };
    return { text, logProbability, bytes: [...list.bytesOf(tokens[at] ?? -1)] };
  });
  return { averageLogProbability, scores };
}
