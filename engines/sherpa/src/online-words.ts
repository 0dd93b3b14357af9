/** What the streaming recogniser says of an utterance, as a segment on the stream's own clock. */
import { MAX_MS_A_CHARACTER, type Segment, type TimedTokens, wordsOf } from '@vox-speech/contract';
import type { OnlineResult } from './native-online.js';
import { BYTE_TOKEN, scoresOf } from './scores.js';

/**
 * The utterance so far; undefined while nothing was said.
 * @param startMs where the utterance's clock began, since the stream's first sample
 * @param heardMs how far the stream was heard; nothing ends after it
 * @param language ISO 639-1; '' = unknown
 * @param scored tokens with their probabilities are wanted
 * @param letterMs longest that a letter is taken to last
 */
export function segmentOf(
  result: OnlineResult,
  startMs: number,
  heardMs: number,
  language: string,
  scored: boolean,
  letterMs: number = MAX_MS_A_CHARACTER,
): Segment | undefined {
  const text = result.text.trim();
  if (text === '') return undefined;
  const words = wordsOf(timedTokens(result, startMs / 1000, letterMs), heardMs);
  const first = words[0]?.startMs ?? Math.max(0, Math.min(Math.round(startMs), heardMs));
  const last = words.at(-1)?.endMs ?? heardMs;
  const scores = scoresOf(result.tokens, result.ys_probs, scored);
  return { text, startMs: first, endMs: last, words, ...scores, ...(language === '' ? {} : { language }) };
}

/**
 * Tokens as `wordsOf` takes them: a space is part of the token after it, and a token lasts until the next one, but no
 * longer than its letters can sound, because the pause after a word is nobody's.
 */
function timedTokens(result: OnlineResult, offset: number, letterMs: number): TimedTokens {
  const tokens: string[] = [];
  const timestamps: number[] = [];
  const durations: number[] = [];
  let space = '';
  result.tokens.forEach((token, at) => {
    if (token.trim() === '') {
      space = ' ';
      return;
    }
    const start = result.timestamps[at] ?? 0;
    const next = result.timestamps[at + 1] ?? Number.POSITIVE_INFINITY;
    tokens.push(space + (BYTE_TOKEN.test(token) ? '\uFFFD' : token));
    timestamps.push(Math.max(0, offset + start));
    durations.push(Math.min(next - start, (letterMs * token.trim().length) / 1000));
    space = '';
  });
  return { text: result.text, tokens, timestamps, durations };
}
