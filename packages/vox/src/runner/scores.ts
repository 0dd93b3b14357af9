/** Tokens of a text that is cut or joined: which belong to what. */
import type { Segment, TokenScore } from '@vox-speech/contract';

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

/** Those of all segments, if `text` is what they spell and no other words: of others they tell nothing. */
export function scoresIfAll(
  segments: readonly Segment[],
  text: string,
): { readonly scores?: readonly TokenScore[] } {
  const scores = segments.flatMap((segment) => segment.scores ?? []);
  const spelled = Buffer.from(
    scores.flatMap(({ text, bytes }) => bytes ?? [...Buffer.from(text)]),
  ).toString();
  return scores.length > 0 && packed(spelled) === packed(text) ? { scores } : {};
}

const packed = (text: string): string => text.replace(/\s/g, '');
const bare = (text: string): number => packed(text).length;
