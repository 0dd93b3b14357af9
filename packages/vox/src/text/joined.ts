/**
 * Two transcripts of one speech of which the second begins before the first one ends. They are laid over each other where
 * their letters agree: case, punctuation and spacing are a matter of taste, and either may have a cut word at its end.
 */

/** Letters that agree before a place counts as the same one, where it is not a whole word. */
const ENOUGH = 4;
/** More letters than this prove no more. */
const PLENTY = 24;
/** The first transcript's last word is given up only where that makes so many more letters agree. */
const GAIN = 3;
/** Scripts that put no space between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const MARKS = /^[\p{P}\s]+/u;

export interface Overlap {
  /** Letters of the second transcript within which the first one ends. */
  readonly reach: number;
  /** Where in them it most likely ends: of equally good places the nearest counts. */
  readonly expected: number;
}

/** The letters of a text in lower case, and where in it each of them ends. */
interface Letters {
  readonly letters: string;
  readonly ends: readonly number[];
}

interface Place {
  /** Letters of the second transcript that the first one has too. */
  readonly at: number;
  /** Letters before it that agree. */
  readonly agree: number;
}

/** One behind the other, with a space between where their script has spaces. */
export function after(before: string, next: string): string {
  const first = before.trimEnd();
  const second = next.trimStart();
  if (first === '' || second === '') return first + second;
  const unspaced = UNSPACED.test(first.at(-1) ?? '') && UNSPACED.test(second[0] ?? '');
  return unspaced ? first + second : `${first} ${second}`;
}

/** How many letters and figures a text has. */
export function letterCount(text: string): number {
  return lettersOf(text).letters.length;
}

/** Both as one text, without what both say. Where nothing agrees, one stands behind the other. */
export function joined(before: string, next: string, overlap: Overlap): string {
  const first = before.trimEnd();
  const heard = lettersOf(next);
  const whole = bestPlace(lettersOf(first).letters, heard, next, overlap);
  const cut = first.replace(/\s*\S+$/u, '');
  const shorter = cut === '' ? undefined : bestPlace(lettersOf(cut).letters, heard, next, overlap);
  if (shorter !== undefined && shorter.agree >= (whole?.agree ?? 0) + GAIN)
    return behind(cut, next, heard, shorter);
  return whole === undefined ? after(first, next) : behind(first, next, heard, whole);
}

/** The rest of `next` from a place on, behind `before`. */
function behind(before: string, next: string, { ends }: Letters, { at }: Place): string {
  const rest = next.slice(ends[at - 1] ?? 0).trimEnd();
  // Within a word: the first transcript has its beginning.
  if (/^[\p{L}\p{N}]/u.test(rest)) return UNSPACED.test(rest[0] ?? '') ? after(before, rest) : before + rest;
  if (!/\p{P}$/u.test(before)) return before + rest;
  const words = rest.replace(MARKS, '');
  return after(before, words);
}

function bestPlace(tail: string, heard: Letters, next: string, overlap: Overlap): Place | undefined {
  let best: Place | undefined;
  const reach = Math.min(overlap.reach, heard.letters.length);
  for (let at = 1; at <= reach; at++) {
    const agree = Math.min(PLENTY, agreeing(tail, heard.letters, at));
    if (agree < ENOUGH && !(agree > 0 && isWord(next, heard, at - agree, at))) continue;
    if (best === undefined || agree > best.agree || (agree === best.agree && nearer(at, best.at, overlap)))
      best = { at, agree };
  }
  return best;
}

const nearer = (a: number, b: number, { expected }: Overlap): boolean =>
  Math.abs(a - expected) < Math.abs(b - expected);

/** Letters before `at` that `tail` ends with. */
function agreeing(tail: string, letters: string, at: number): number {
  let count = 0;
  while (count < at && count < tail.length && tail[tail.length - 1 - count] === letters[at - 1 - count])
    count++;
  return count;
}

/** Whether the letters from `from` to `to` are whole words of the text, of two letters or more. */
function isWord(text: string, { ends }: Letters, from: number, to: number): boolean {
  if (to - from < 2) return false;
  const begin = (ends[from] ?? 0) - 1;
  const free = (char: string | undefined): boolean => char === undefined || !/[\p{L}\p{N}]/u.test(char);
  return free(text[begin - 1]) && free(text[ends[to - 1] ?? 0]);
}

function lettersOf(text: string): Letters {
  const letters: string[] = [];
  const ends: number[] = [];
  for (const { 0: char, index } of text.matchAll(/[\p{L}\p{N}]/gu)) {
    for (const letter of char.toLowerCase()) {
      letters.push(letter);
      ends.push(index + char.length);
    }
  }
  return { letters: letters.join(''), ends };
}
