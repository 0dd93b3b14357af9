/**
 * Text to sentences, for a voice that speaks them one by one. Nothing but white space is ever lost or added: the
 * sentences, with white space taken out, are the text with white space taken out.
 */
import { stopIsInside } from './abbreviations.js';

export interface Sentence {
  readonly text: string;
  /** A new paragraph follows: a longer pause. */
  readonly endsParagraph: boolean;
}

/** Characters. Longer ones are spoken in parts: a voice's memory grows with the square of its input. */
export const MAX_SENTENCE = 400;
/** A line shorter than this that another follows is a heading, a verse or an entry of a list, not a wrapped line. */
const SHORT_LINE = 40;

const STOPS = '.!?…';
const WIDE_STOPS = '。！？｡．';
const CLOSERS = '"\'”’»›)\\]}」』”’）】》〉';
const BOUNDARY = new RegExp(`[${STOPS}]+[${CLOSERS}]*(?=\\s|$)|[${WIDE_STOPS}]+[${CLOSERS}]*`, 'gu');
const LIST_MARK = /^\s*(?:[-*•–]|\(?\d{1,3}[.)]|\(?\p{L}[.)])\s/u;
/** What a voice makes a sound of. */
const SPEAKABLE = /[\p{L}\p{N}\p{Sc}\p{So}%&@#+=]/u;

/** Does the text hold anything that can be said? */
export function isSpeakable(text: string): boolean {
  return SPEAKABLE.test(text);
}

/**
 * The sentences of a text. What can't be spoken alone (stray marks) goes with its neighbour.
 * @param maxCharacters of one sentence
 */
export function splitSentences(text: string, maxCharacters = MAX_SENTENCE): Sentence[] {
  const sentences: { text: string; endsParagraph: boolean }[] = [];
  let stray = '';
  for (const paragraph of text.split(/\n[^\S\n]*\n\s*|[\u2029\f]/u)) {
    const before = sentences.length;
    for (const block of lines(paragraph))
      for (const sentence of splitBlock(block))
        for (const part of limitLength(sentence, maxCharacters)) {
          const last = sentences.at(-1);
          if (isSpeakable(part)) {
            sentences.push({ text: stray === '' ? part : `${stray} ${part}`, endsParagraph: false });
            stray = '';
          } else if (last === undefined) stray = stray === '' ? part : `${stray} ${part}`;
          else last.text += ` ${part}`;
        }
    const last = sentences.at(-1);
    if (last && sentences.length > before) last.endsParagraph = true;
  }
  if (stray !== '') sentences.push({ text: stray, endsParagraph: true });
  return sentences;
}

/** Wrapped lines are joined; headings, verses and entries of lists stay apart. */
function lines(paragraph: string): string[] {
  const blocks: string[] = [];
  let previous = '';
  for (const raw of paragraph.split(/\r?\n|\r|\u2028/u)) {
    const line = raw.replace(/\s+/gu, ' ').trim();
    if (line === '') continue;
    const wrapped = previous.length >= SHORT_LINE || /[,;–—-]$/u.test(previous);
    if (blocks.length > 0 && wrapped && !LIST_MARK.test(`${line} `))
      blocks.push(`${blocks.pop() ?? ''} ${line}`);
    else blocks.push(line);
    previous = line;
  }
  return blocks;
}

function splitBlock(block: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (const match of block.matchAll(BOUNDARY)) {
    const end = match.index + match[0].length;
    if (end < block.length && !endsSentence(block, start, match.index, match[0])) continue;
    parts.push(block.slice(start, end).trim());
    start = end;
  }
  const rest = block.slice(start).trim();
  if (rest !== '') parts.push(rest);
  return parts.filter((part) => part !== '');
}

/** @param at where the stop stands; @param stop it and what closes after it */
function endsSentence(block: string, start: number, at: number, stop: string): boolean {
  if (WIDE_STOPS.includes(stop[0] ?? '')) return true;
  const next = /^\s*(\S*)/u.exec(block.slice(at + stop.length))?.[1] ?? '';
  // "Really?" he asked. – and an ellipsis in the middle of a sentence.
  if (/^[\p{Ps}\p{Pi}"']*\p{Ll}/u.test(next)) return false;
  if (!stop.startsWith('.') || stop.startsWith('..')) return true;
  const before = block.slice(start, at);
  const word = /[^\s([{"'“‘«]*$/u.exec(before)?.[0] ?? '';
  // "1. Open the door." – the number of an entry.
  if (/^\(?\d{1,3}$/u.test(before.trim())) return false;
  return !stopIsInside(word, next);
}

/** Characters in which the end of a first sentence is looked for; a text without one is cut at `MAX_SENTENCE`. */
const LOOK_AHEAD = 4 * MAX_SENTENCE;

/**
 * Where the first sentence of a text that is still being written ends, whatever follows; undefined where that can't be
 * said yet: a full stop is judged by the whole word after it.
 */
export function firstEnd(text: string): number | undefined {
  const head = text.slice(0, LOOK_AHEAD);
  const paragraph = /\S[^\S\n]*\n[^\S\n]*\n/u.exec(head);
  const paragraphEnd = paragraph === null ? undefined : paragraph.index + paragraph[0].length;
  for (const match of head.slice(0, paragraphEnd).matchAll(BOUNDARY)) {
    const end = match.index + match[0].length;
    const decided = WIDE_STOPS.includes(match[0][0] ?? '')
      ? end < head.length
      : NEXT_WORD.test(head.slice(end));
    if (!decided) break;
    const line = head.lastIndexOf('\n', match.index) + 1;
    if (endsSentence(head, line, match.index, match[0])) return end;
  }
  if (paragraphEnd !== undefined) return paragraphEnd;
  if (text.length < LOOK_AHEAD) return undefined;
  return lastMatch(text, /\s+/gu, MAX_SENTENCE) ?? wholeCharacters(text, MAX_SENTENCE);
}

/** Does a text end as sentences do? */
export function endsWhole(text: string): boolean {
  return ENDS_WHOLE.test(text);
}

const ENDS_WHOLE = new RegExp(`[${STOPS}${WIDE_STOPS}][${CLOSERS}]*\\s*$`, 'u');

/** A word, and the white space that says it is whole. */
const NEXT_WORD = /^\s*\S+\s/u;

/** Parts of at most `max` characters, cut at clauses if there are any, else between words, else anywhere. */
function limitLength(sentence: string, max: number): string[] {
  const parts: string[] = [];
  let rest = sentence;
  while (rest.length > max) {
    const cut =
      lastMatch(rest, /[,;:–—、，；：][”"')\]]*\s*/gu, max) ??
      lastMatch(rest, /\s+/gu, max) ??
      wholeCharacters(rest, max);
    parts.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut).trim();
  }
  parts.push(rest);
  return parts.filter((part) => part !== '');
}

/** End of the last match in the later two thirds of the first `max` characters. */
function lastMatch(text: string, pattern: RegExp, max: number): number | undefined {
  let found: number | undefined;
  for (const match of text.slice(0, max).matchAll(pattern)) {
    const end = match.index + match[0].length;
    // "10,000" and "12:30" are no clauses.
    if (/\d[,:]$/u.test(text.slice(0, end)) && /\d/u.test(text[end] ?? '')) continue;
    if (end > max / 3) found = end;
  }
  return found;
}

function wholeCharacters(text: string, max: number): number {
  const unit = text.charCodeAt(max - 1);
  return unit >= 0xd800 && unit < 0xdc00 ? Math.max(1, max - 1) : max;
}
