/** Takes off the end of a decode that only repeats what was said before: words that have no time in the audio. */
import type { Segment, Word } from '@vox-speech/contract';
import { splitScores } from './scores.js';

/** The alignment leaves nothing, or one frame of 20 ms, to words that were not spoken. */
const NO_TIME_MS = 20;
const MAX_PHRASE_WORDS = 12;

const bare = (word: Word | undefined): string => word?.text.toLowerCase().replace(/[\p{P}\s]/gu, '') ?? '';

/** The segment without its echo; the same one when there is none. A word said once, however briefly, stays. */
export function withoutEcho(segment: Segment): Segment {
  const words = segment.words ?? [];
  let end = words.length;
  while (end > 0 && spanOf(words[end - 1]) <= NO_TIME_MS) end--;
  const timeless = words.length - end;
  if (timeless === 0 || end === 0) return segment;
  // The first word of the echo may have got the last frames of the audio.
  for (let from = end; from >= Math.max(1, end - 1); from--)
    for (let size = 1; size <= Math.min(MAX_PHRASE_WORDS, from); size++)
      if (words.length - from >= Math.min(size, 2) && repeats(words, from, size))
        return cutAt(segment, words, from);
  return segment;
}

const spanOf = (word: Word | undefined): number => (word === undefined ? 0 : word.endMs - word.startMs);

/** Is each word from `from` on the one that stands `size` words before it? */
function repeats(words: readonly Word[], from: number, size: number): boolean {
  for (let at = from; at < words.length; at++) if (bare(words[at]) !== bare(words[at - size])) return false;
  return true;
}

function cutAt(segment: Segment, words: readonly Word[], from: number): Segment {
  let end = 0;
  for (const word of words.slice(0, from)) {
    const found = segment.text.indexOf(word.text, end);
    if (found < 0) return segment;
    end = found + word.text.length;
  }
  const text = segment.text.slice(0, end);
  const scores = segment.scores === undefined ? {} : { scores: splitScores(segment.scores, text)[0] };
  return { ...segment, text, words: words.slice(0, from), ...scores };
}
