/** Tokens of a text that is cut: which belong to which part. */
import type { TokenScore } from '@vox-speech/contract';

/**
 * The tokens that spell `text`, and those behind it. Spaces do not count, since parts are trimmed.
 * @returns both in order; a token that spans the cut belongs to the text
 */
export function splitScores(
  scores: readonly TokenScore[],
  text: string,
): [inside: readonly TokenScore[], behind: readonly TokenScore[]] {
  const length = bare(text);
  let spelled = 0;
  let at = 0;
  while (at < scores.length && spelled < length) spelled += bare(scores[at++]?.text ?? '');
  return [scores.slice(0, at), scores.slice(at)];
}

const bare = (text: string): number => text.replace(/\s/g, '').length;
