/** The words of a hypothesis as they stand in its text, and how two lists of them lie over each other. */
import type { Segment, Word } from '@vox-speech/contract';

export interface Spoken {
  /** With the white space before it: all of them joined are the text. */
  readonly raw: string;
  /** What must be equal for two to be the same word: lower case, no punctuation. */
  readonly core: string;
  /** As the model gave it, with its times; absent where it gives none. */
  readonly word?: Word;
}

const coreOf = (text: string): string => text.toLowerCase().replace(/[\p{P}\s]/gu, '');

/** The words of a decode, in order. */
export function spokenIn(segments: readonly Segment[]): Spoken[] {
  const all: Spoken[] = [];
  for (const segment of segments) {
    const gap = all.length === 0 ? '' : ' ';
    const words = timed(segment) ?? plain(segment);
    for (const [index, word] of words.entries())
      all.push(index === 0 ? { ...word, raw: `${gap}${word.raw.trimStart()}` } : word);
  }
  return all;
}

/** One after the other, with a space between. */
export function followedBy(first: readonly Spoken[], then: readonly Spoken[]): readonly Spoken[] {
  const [next, ...rest] = then;
  if (first.length === 0 || next === undefined) return first.length === 0 ? then : first;
  return [...first, { ...next, raw: ` ${next.raw.trimStart()}` }, ...rest];
}

/** The text of words. */
export function textOf(words: readonly Spoken[]): string {
  return words
    .map(({ raw }) => raw)
    .join('')
    .trim();
}

/** The words where the model gives them, with all of the text; undefined when they are not found in it. */
function timed({ text, words }: Segment): Spoken[] | undefined {
  if (words === undefined || words.length === 0) return undefined;
  const spoken: Spoken[] = [];
  let at = 0;
  for (const [index, word] of words.entries()) {
    const found = text.indexOf(word.text, at);
    if (found < 0) return undefined;
    const end = index === words.length - 1 ? text.length : found + word.text.length;
    const raw = text.slice(at, end);
    spoken.push({ raw, core: coreOf(raw), word });
    at = end;
  }
  return spoken;
}

function plain({ text }: Segment): Spoken[] {
  return (text.match(/\s*\S+/gu) ?? []).map((raw) => ({ raw, core: coreOf(raw) }));
}

/**
 * How many of the first words of `hypothesis` say what `prefix` says: the place at which the fewest insertions,
 * deletions and substitutions lie between the two.
 */
export function alignedLength(prefix: readonly Spoken[], hypothesis: readonly Spoken[]): number {
  // Nearly always the words are the same ones.
  if (prefix.every((word, index) => hypothesis[index]?.core === word.core)) return prefix.length;
  let row = Array.from({ length: hypothesis.length + 1 }, (_, at) => at);
  for (const [index, word] of prefix.entries()) {
    const next = [index + 1];
    for (let at = 1; at <= hypothesis.length; at++) {
      const same = hypothesis[at - 1]?.core === word.core ? 0 : 1;
      next.push(Math.min((row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1, (row[at - 1] ?? 0) + same));
    }
    row = next;
  }
  let best = 0;
  // Of equally good places the one that is nearest to as many words.
  for (const [at, errors] of row.entries()) {
    const least = row[best] ?? 0;
    if (errors < least || (errors === least && nearer(at, best, prefix.length))) best = at;
  }
  return best;
}

const nearer = (a: number, b: number, to: number): boolean => Math.abs(a - to) < Math.abs(b - to);

/** Words that both lists have, in the same order: the longest common subsequence. */
export function commonWords(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const word of a) {
    const next = [0];
    for (let at = 1; at <= b.length; at++)
      next.push(b[at - 1] === word ? (row[at - 1] ?? 0) + 1 : Math.max(row[at] ?? 0, next[at - 1] ?? 0));
    row = next;
  }
  return row[b.length] ?? 0;
}
