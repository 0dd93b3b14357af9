/** One decoded window to segments of the length of a sentence or a subtitle, by the times of its words. */
import type { Segment, Word } from '@vox-speech/contract';
import { stopIsInside } from '../text/abbreviations.js';
import { splitScores } from './scores.js';

/** Characters and ms after which a comma is enough to end a segment, and after which any word is. */
const SOFT = { characters: 44, ms: 5_000 } as const;
const HARD = { characters: 84, ms: 7_500 } as const;
/** A pause between two words that ends a segment, in ms. */
const PAUSE_MS = 1_000;

const SENTENCE_END = /[.!?…。！？｡]+["'”’»)\]」』）]*$/u;
const CLAUSE_END = /[,;:、，；：–—]["'”’»)\]]*$/u;

interface Open {
  readonly from: number;
  readonly words: Word[];
}

/** Segments of one window's text. Without word times it stays one segment. */
export function splitSegment(segment: Segment): Segment[] {
  const { words, text } = segment;
  if (words === undefined || words.length === 0) return [segment];
  const segments: Segment[] = [];
  let open: Open | undefined;
  let at = 0;
  let scores = segment.scores;
  words.forEach((word, index) => {
    const found = text.indexOf(word.text, at);
    const start = found < 0 ? at : found;
    open ??= { from: segments.length === 0 ? 0 : start, words: [] };
    open.words.push(word);
    at = found < 0 ? at : found + word.text.length;
    const next = words[index + 1];
    if (next !== undefined && !endsSegment(open.words, at - open.from, word, next)) return;
    const first = open.words[0] ?? word;
    const part = text.slice(open.from, next === undefined ? text.length : at).trim();
    const [own, behind] = next === undefined ? [scores, undefined] : splitScores(scores ?? [], part);
    scores = behind;
    segments.push({
      ...segment,
      text: part,
      ...(segment.scores === undefined ? {} : { scores: own ?? [] }),
      startMs: first.startMs,
      endMs: Math.max(word.endMs, first.startMs),
      words: open.words,
    });
    open = undefined;
  });
  return segments;
}

function endsSegment(words: readonly Word[], characters: number, word: Word, next: Word): boolean {
  if (next.startMs - word.endMs >= PAUSE_MS) return true;
  if (SENTENCE_END.test(word.text)) {
    const bare = word.text.replace(SENTENCE_END, '').replace(/^[\p{P}]+/u, '');
    return !word.text.endsWith('.') || !stopIsInside(bare, next.text);
  }
  const ms = next.endMs - (words[0]?.startMs ?? word.startMs);
  const long = characters + 1 + next.text.length;
  if (long > HARD.characters || ms > HARD.ms) return true;
  return CLAUSE_END.test(word.text) && (long > SOFT.characters || ms > SOFT.ms);
}
